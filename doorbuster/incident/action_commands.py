"""`doorbuster incident do`: a step of a runbook from a terminal, told in the timeline as the page's buttons are."""

import asyncio
import os
import shlex
from typing import Annotated

import typer

from doorbuster.clock import SystemClock
from doorbuster.database import open_database
from doorbuster.database.embedded import watch_url
from doorbuster.database.reach import reach_url
from doorbuster.errors import DoorbusterError
from doorbuster.incident import actions, builds, incident, runbook
from doorbuster.incident.actions import Hands
from doorbuster.incident.building import Builder
from doorbuster.incident.builds import Build
from doorbuster.journal import command_line_actor, open_event_log
from doorbuster.settings import Settings, from_environment
from doorbuster.watch.database_health import DatabaseSample
from doorbuster.watch.database_watch import DatabaseWatch

CONNECTIONS = 2
LOOK_SECONDS = 0.5


def do(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The incident's number; 0 is the newest open one.")],
    step: Annotated[list[str], typer.Argument(help="The step as the runbook has it: create index products_search.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Do a step of a runbook, for real, and tell it in the incident's timeline.

    A lever (brownout set, lane close, …), cancel query NAME, end session PROCESS (or end session blocker: whoever most
    others wait for), end sessions PROGRAM (those that do nothing), create index NAME (waits for it), renew workers,
    restart database.
    """
    try:
        action = runbook.parse(step[0] if len(step) == 1 else shlex.join(step))
    except runbook.NotUnderstood as mistake:
        raise DoorbusterError(str(mistake)) from mistake
    if not yes:
        typer.confirm(f"Do this now: {action.line}?", abort=True)
    typer.echo(f"{action.line}: {asyncio.run(_done(from_environment(os.environ), number, action))}.")


async def _done(settings: Settings, number: int, action: runbook.Action) -> str:
    clock = SystemClock()
    with open_event_log(settings.home) as log, reach_url(settings) as url:
        found = incident.open_ones(log)
        it = next((each for each in found if number in (0, each.id)), None)
        if it is None:
            raise DoorbusterError("no such incident is open; `doorbuster incident list` has them")
        reserve_url = settings.watch_database_url or (url if settings.database_url else watch_url(url))
        sample = await _seen(reserve_url) if action.kind in ("cancel", "end") else None
        # No connection is opened before it is needed: they may be just what is missing.
        async with open_database(
            url, connections=CONNECTIONS, connections_min=0, application="doorbuster incident"
        ) as database:
            hands = Hands(log, database, url, reserve_url, settings.home, lambda: actions.sessions_of(sample))
            done = await actions.do(hands, it.id, action, command_line_actor(), clock.now())
            return await _built(hands, it.id, action) if action.kind == "index" else done


async def _seen(reserve_url: str) -> DatabaseSample | None:
    """Look once who is at the database, over a connection in reserve that is given back at once."""
    async with open_database(
        reserve_url, connections=1, connections_min=0, application="doorbuster incident"
    ) as reserve:
        watch = DatabaseWatch(reserve, SystemClock())
        await watch.look()
        return watch.sample


async def _built(hands: Hands, incident_id: int, action: runbook.Action) -> str:
    """Wait for an index and tell how far it is, whether the control plane builds it or, where there is none, we do."""
    asked = next(each for each in builds.of_incident(hands.log, incident_id) if each.index_name == action.what)
    told = ""
    async with asyncio.TaskGroup() as tasks:
        builder = Builder(hands.log, hands.database, hands.database_url, SystemClock())
        building = tasks.create_task(builder.run())
        while (it := builds.of(hands.log, asked.id)).ended_at is None:
            if it.phase and (words := _progress(it)) != told:
                typer.echo(f"  {words}", err=True)
                told = words
            await asyncio.sleep(LOOK_SECONDS)
        building.cancel()
    if it.failed:
        raise DoorbusterError(f"{action.line}: not built: {it.failed}")
    return "the index is built"


def _progress(it: Build) -> str:
    """Return how far it is, in steps of five per cent, so that a terminal is not flooded."""
    return it.phase if it.share is None else f"{it.phase}: {int(it.share * 20) * 5} % of {it.total:,}"
