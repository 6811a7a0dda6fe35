"""The control room as an application: opens the event log, the series and the doors to PostgreSQL, and lets it beat.

Promises: starts and stays up without PostgreSQL; connections are made when they are needed.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from doorbuster.audit.rounds import CHECK_TIMEOUT_MS
from doorbuster.clock import Clock
from doorbuster.control.building import Parts, Work, built, go_on, works
from doorbuster.control.guarding import PolicyKeeper
from doorbuster.control.health import SnapshotIntake
from doorbuster.control.house import ControlHouse
from doorbuster.database import Database, open_database
from doorbuster.journal import open_event_log
from doorbuster.settings import Settings
from doorbuster.watch.collector import Collector
from doorbuster.watch.database_watch import DatabaseWatch
from doorbuster.watch.requests import CountRequests
from doorbuster.watch.series import open_series
from doorbuster.web.app import build_app

CONNECTIONS = 4
STATEMENT_TIMEOUT_MS = 3_000
WATCH_TIMEOUT_MS = 2_000
SERIES_FILE = "series.sqlite"


Beat = Callable[[ControlHouse], Coroutine[None, None, None]]


def control_app(
    settings: Settings, database_url: str, routes: Sequence[BaseRoute], clock: Clock, beats_above: Sequence[Beat] = ()
) -> ASGIApp:
    """Return the control plane's application; `beats_above` is what rooms above this one do while it runs."""
    collector, keeper = Collector(), PolicyKeeper()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, ControlHouse]]:
        now = int(clock.now().timestamp())
        with open_event_log(settings.home) as log, open_series(settings.home / SERIES_FILE, now) as series:
            async with (
                _open(database_url) as database,
                _open_watch(settings.watch_database_url or database_url) as watched,
                _open_audit(database_url) as audited,
                asyncio.TaskGroup() as tasks,
            ):
                parts = Parts(
                    settings=settings, clock=clock, log=log, series=series, database=database,
                    watch=DatabaseWatch(watched, clock), audited=audited, collector=collector, keeper=keeper,
                )  # fmt: skip
                house = built(parts)
                above: list[Work] = [partial(beat, house) for beat in beats_above]
                beats = [tasks.create_task(go_on(work)) for work in (*above, *works(parts, house))]
                yield {"house": house}
                for beat in beats:
                    beat.cancel()
                house.sender.close()

    app = build_app(routes, settings=settings, lifespan=lifespan, own_url=settings.room_url)
    return SnapshotIntake(CountRequests(app, routes, "control"), collector, clock, settings.secret, lambda: keeper.news)


def _open(url: str) -> AbstractAsyncContextManager[Database]:
    return open_database(
        url,
        connections=CONNECTIONS,
        connections_min=0,
        application="control",
        statement_timeout_ms=STATEMENT_TIMEOUT_MS,
    )


def _open_watch(url: str) -> AbstractAsyncContextManager[Database]:
    """Open the one connection of the watch; it waits no longer for it than for an answer."""
    return open_database(
        url,
        connections=1,
        connections_min=0,
        application="watch",
        statement_timeout_ms=WATCH_TIMEOUT_MS,
        acquire_seconds=WATCH_TIMEOUT_MS / 1000,
    )


def _open_audit(url: str) -> AbstractAsyncContextManager[Database]:
    """Open the one connection of the auditor's rounds, whose statements may take long."""
    return open_database(
        url, connections=1, connections_min=0, application="audit", statement_timeout_ms=CHECK_TIMEOUT_MS
    )
