"""Builds the control room: the event log, the door to PostgreSQL, and the tasks that beat each second.

Promises: starts and stays up without PostgreSQL; connections are made when they are needed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from itertools import count

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from doorbuster.accounts.passwords import Passwords
from doorbuster.accounts.sessions import Sessions
from doorbuster.accounts.throttle import Throttle
from doorbuster.clock import Clock
from doorbuster.control.guarding import PolicyKeeper
from doorbuster.control.health import SnapshotIntake
from doorbuster.control.house import ControlHouse
from doorbuster.control.overview import WATCHED_COUNTERS, WATCHED_HISTOGRAMS
from doorbuster.control.pulse import Pulse
from doorbuster.control.telling import tell_of_sums
from doorbuster.database import Database, open_database
from doorbuster.errors import DatabaseFault, EventLogUnavailable
from doorbuster.journal import EventLog, mirror, open_event_log
from doorbuster.settings import Settings
from doorbuster.watch.collector import Collector
from doorbuster.watch.history import History
from doorbuster.watch.process import Reporter, measure_lag
from doorbuster.watch.requests import CountRequests
from doorbuster.web.app import build_app
from doorbuster.web.pages import Pages

CONNECTIONS = 4
STATEMENT_TIMEOUT_MS = 3_000
MIRROR_SECONDS = 5.0
WARM_UP_BEATS = 3


def control_app(settings: Settings, database_url: str, routes: Sequence[BaseRoute], clock: Clock) -> ASGIApp:
    """Return the control plane's application."""
    collector, keeper = Collector(), PolicyKeeper()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, ControlHouse]]:
        with open_event_log(settings.home) as log:
            async with (
                open_database(
                    database_url,
                    connections=CONNECTIONS,
                    connections_min=0,
                    application="control",
                    statement_timeout_ms=STATEMENT_TIMEOUT_MS,
                ) as database,
                asyncio.TaskGroup() as tasks,
            ):
                house = _house(settings, clock, database, log, (collector, keeper))
                keeping, telling = keeper.run(log, clock, settings.home), tell_of_sums(log, collector, clock)
                beats = [tasks.create_task(beat) for beat in (*_beats(house), keeping, telling)]
                yield {"house": house}
                for beat in beats:
                    beat.cancel()

    app = build_app(routes, settings=settings, lifespan=lifespan, own_url=settings.control_url)
    return SnapshotIntake(CountRequests(app, routes, "control"), collector, clock, settings.secret, lambda: keeper.news)


def _house(
    settings: Settings, clock: Clock, database: Database, log: EventLog, heard: tuple[Collector, PolicyKeeper]
) -> ControlHouse:
    passwords = Passwords()
    return ControlHouse(
        database=database,
        clock=clock,
        settings=settings,
        pages=Pages(settings, frame="control/layout.html"),
        event_log=log,
        passwords=passwords,
        sessions=Sessions(log, clock, passwords, Throttle()),
        collector=heard[0],
        keeper=heard[1],
        history=History(WATCHED_COUNTERS, WATCHED_HISTOGRAMS),
        pulse=Pulse(database, clock),
    )


def _beats(house: ControlHouse) -> tuple[Coroutine[None, None, None], ...]:
    return house.pulse.run(), _remember(house), _mirror(house)


async def _remember(house: ControlHouse) -> None:
    """Count this process among the others, and keep the last quarter of an hour for the overview."""
    reporter = Reporter("control")
    for beat in count():
        house.collector.take(reporter.report(), house.clock.monotonic())
        # Workers that ran before bring all they ever counted with their first push; that is not the growth of a second.
        if beat >= WARM_UP_BEATS:
            house.history.remember(house.collector, house.clock.monotonic())
        await measure_lag()


async def _mirror(house: ControlHouse) -> None:
    """Carry the journal to PostgreSQL whenever that is well."""
    while True:
        with contextlib.suppress(DatabaseFault, EventLogUnavailable):
            while await mirror(house.event_log, house.database):
                pass
        await asyncio.sleep(MIRROR_SECONDS)
