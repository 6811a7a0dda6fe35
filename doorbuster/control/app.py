"""Builds the control room: the event log, the door to PostgreSQL, and the tasks that beat each second.

Promises: starts and stays up without PostgreSQL; connections are made when they are needed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from doorbuster.accounts.passwords import Passwords
from doorbuster.accounts.sessions import Sessions
from doorbuster.accounts.throttle import Throttle
from doorbuster.audit.last import last_audit
from doorbuster.clock import Clock
from doorbuster.control.guarding import PolicyKeeper
from doorbuster.control.health import SnapshotIntake
from doorbuster.control.house import ControlHouse
from doorbuster.control.overview import WATCHED_COUNTERS, WATCHED_HISTOGRAMS
from doorbuster.control.pulse import Pulse
from doorbuster.database import Database, open_database
from doorbuster.errors import DatabaseFault, EventLogUnavailable
from doorbuster.guard import levers
from doorbuster.journal import EventLog, mirror, open_event_log
from doorbuster.settings import Settings
from doorbuster.watch.collector import Collector
from doorbuster.watch.database_watch import DatabaseWatch
from doorbuster.watch.diagnosis.doctor import attend
from doorbuster.watch.diagnosis.practice import doctor_of
from doorbuster.watch.history import History
from doorbuster.watch.host import Host
from doorbuster.watch.process import Reporter, measure_lag
from doorbuster.watch.requests import CountRequests
from doorbuster.watch.senses import Senses
from doorbuster.watch.series import Series, open_series
from doorbuster.web.app import build_app
from doorbuster.web.pages import Pages

CONNECTIONS = 4
STATEMENT_TIMEOUT_MS = 3_000
MIRROR_SECONDS = 5.0
WARM_UP_BEATS = 3
WATCH_TIMEOUT_MS = 2_000


Beat = Callable[[ControlHouse], Coroutine[None, None, None]]


def control_app(
    settings: Settings, database_url: str, routes: Sequence[BaseRoute], clock: Clock, beats_above: Sequence[Beat] = ()
) -> ASGIApp:
    """Return the control plane's application; `beats_above` is what rooms above this one do while it runs."""
    collector, keeper = Collector(), PolicyKeeper()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, ControlHouse]]:
        now = int(clock.now().timestamp())
        with open_event_log(settings.home) as log, open_series(settings.home / "series.sqlite", now) as series:
            async with (
                open_database(
                    database_url,
                    connections=CONNECTIONS,
                    connections_min=0,
                    application="control",
                    statement_timeout_ms=STATEMENT_TIMEOUT_MS,
                ) as database,
                _open_watch(settings, database_url) as watched,
                asyncio.TaskGroup() as tasks,
            ):
                pulse, watch = Pulse(database, clock), DatabaseWatch(watched, clock)
                senses = Senses(
                    collector, watch, Host(settings.home), series, clock,
                    sales=pulse.signals, audit=lambda: last_audit(settings.home), levers=lambda: _levers(log),
                )  # fmt: skip
                house = _house(settings, clock, database, log, collector, pulse=pulse, series=series, senses=senses)
                keeping = keeper.run(log, clock, settings.home)
                above = [beat(house) for beat in beats_above]
                works = (*above, *_beats(house), keeping, watch.run(), senses.run(), attend(house.doctor, clock))
                beats = [tasks.create_task(beat) for beat in works]
                yield {"house": house}
                for beat in beats:
                    beat.cancel()

    app = build_app(routes, settings=settings, lifespan=lifespan, own_url=settings.control_url)
    return SnapshotIntake(
        CountRequests(app, routes, "control"), collector, clock, settings.secret, lambda: keeper.document
    )


def _house(
    settings: Settings,
    clock: Clock,
    database: Database,
    log: EventLog,
    collector: Collector,
    *,
    pulse: Pulse,
    series: Series,
    senses: Senses,
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
        collector=collector,
        history=History(WATCHED_COUNTERS, WATCHED_HISTOGRAMS),
        pulse=pulse,
        series=series,
        senses=senses,
        doctor=doctor_of(database, log, series, senses),
    )


def _open_watch(settings: Settings, database_url: str) -> AbstractAsyncContextManager[Database]:
    return open_database(
        settings.watch_database_url or database_url,
        connections=1,
        connections_min=0,
        application="watch",
        statement_timeout_ms=WATCH_TIMEOUT_MS,
        acquire_seconds=WATCH_TIMEOUT_MS / 1000,
    )


def _levers(log: EventLog) -> list[tuple[int, int, str]]:
    """Return the newest levers: number, time and words."""
    try:
        return [(each.id, int(each.at.timestamp()), f"{each.name}: {each.reason}") for each in levers.newest(log)]
    except EventLogUnavailable:
        return []


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
