"""`doorbuster reconcile`: compare the books with the payment gateway now."""

import asyncio
import os
import sys
from typing import Annotated, Any

import msgspec
import typer

from doorbuster.clock import SystemClock
from doorbuster.database import open_database
from doorbuster.database.reach import reach_url
from doorbuster.errors import DoorbusterError
from doorbuster.journal import Line, append, open_event_log
from doorbuster.settings import Settings, from_environment
from doorbuster.shop.hosted_checkout import open_hosted_checkout
from doorbuster.shop.reconciling import Reconciliation, reconcile

app = typer.Typer(add_completion=False)


@app.command("reconcile")
def reconcile_now(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document for a program.")] = False,
) -> None:
    """Compare the books with the payment gateway, mend what can be mended, and name the rest.

    The job worker does the same every quarter of a minute. Exit status 0 when both agree or were made to, 1 when
    something waits for a person, 2 when the gateway or the database does not answer.
    """
    settings = from_environment(os.environ)
    try:
        with reach_url(settings) as url:
            runs = asyncio.run(_caught_up(settings, url))
    except DoorbusterError as fault:
        typer.secho(f"doorbuster reconcile cannot run: {fault}", fg="red", err=True)
        raise typer.Exit(2) from fault
    found = [each for run in runs for each in run.discrepancies]
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(runs) + b"\n")
    else:
        for each in found:
            word = "mended" if each.mended else "OPEN"
            typer.secho(f"{word:6} {each.kind} {each.reference}: {each.detail}", fg=None if each.mended else "red")
        events = sum(run.events for run in runs)
        typer.echo(
            f"{events} events since {runs[0].since:%Y-%m-%d %H:%M:%S} UTC compared, {len(found)} new disagreements"
        )
    raise typer.Exit(0 if all(each.mended for each in found) else 1)


async def _caught_up(settings: Settings, url: str) -> list[Reconciliation]:
    """Reconcile until now; a run that read all it may is followed by another."""
    clock = SystemClock()
    async with (
        open_database(url, connections=2, application="doorbuster-reconcile") as database,
        open_hosted_checkout(settings) as gateway,
    ):
        with open_event_log(settings.home) as log:

            async def tell(verb: str, subject: str, detail: dict[str, Any]) -> None:
                line = Line(at=clock.now(), actor="reconcile", role="system", verb=verb, subject=subject, detail=detail)
                await asyncio.to_thread(append, log, line)

            runs = [await reconcile(database, gateway, tell, clock.now())]
            while not runs[-1].complete:
                runs.append(await reconcile(database, gateway, tell, clock.now()))
            return runs
