"""`doorbuster jobs`: look at parked jobs, try one again, or give one up."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
import typer

from doorbuster.clock import SystemClock
from doorbuster.database import Database, open_database
from doorbuster.database.reach import reach_url
from doorbuster.errors import DoorbusterError
from doorbuster.jobs.parked import discard_parked, parked_jobs, retry_parked
from doorbuster.journal import Line, append, open_event_log
from doorbuster.settings import from_environment

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Jobs that failed too often and wait for you.")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")]
JobId = Annotated[int, typer.Argument(help="The job's number, as `doorbuster jobs parked` shows it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the journal keeps it.")]
Answer = TypeVar("Answer")


@app.command("parked")
def parked(json: Json = False) -> None:
    """List parked jobs, the oldest first. Exit status 1 when there are some."""
    jobs = _do(parked_jobs)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(jobs) + b"\n")
    for job in [] if json else jobs:
        typer.echo(
            f"{job.id}  {job.kind}  since {job.parked_at:%Y-%m-%d %H:%M} UTC  {job.fault}: {job.why}  {job.payload}"
        )
    if not json and not jobs:
        typer.echo("No job is parked.")
    raise typer.Exit(1 if jobs else 0)


@app.command("retry")
def retry(job_id: JobId, reason: Reason = "") -> None:
    """Make a parked job due again, with all its attempts."""
    _change("job.retry", job_id, reason, retry_parked)


@app.command("discard")
def discard(job_id: JobId, reason: Annotated[str, typer.Option("--reason", help="Why; needed.")]) -> None:
    """Give a parked job up for ever."""
    _change("job.discard", job_id, reason, discard_parked)


def _change(verb: str, job_id: int, reason: str, act: Callable[[Database, int], Awaitable[bool]]) -> None:
    settings = from_environment(os.environ)
    with open_event_log(settings.home) as log:
        line = Line(
            at=SystemClock().now(), actor="command line", role="system", verb=verb, subject=f"job:{job_id}",
            detail={"reason": reason},
        )  # fmt: skip
        append(log, line)
    if not _do(lambda database: act(database, job_id)):
        typer.secho(f"Job {job_id} is not parked; `doorbuster jobs parked` lists those that are.", fg="red", err=True)
        raise typer.Exit(1)
    typer.echo(f"Job {job_id}: done.")


def _do(act: Callable[[Database], Awaitable[Answer]]) -> Answer:
    async def run(url: str) -> Answer:
        async with open_database(url, connections=1, application="doorbuster-jobs") as database:
            return await act(database)

    try:
        with reach_url(from_environment(os.environ)) as url:
            return asyncio.run(run(url))
    except DoorbusterError as fault:
        typer.secho(f"doorbuster jobs cannot run: {fault}", fg="red", err=True)
        raise typer.Exit(2) from fault
