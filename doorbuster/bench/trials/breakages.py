"""What is broken in a trial: each breakage is real, lasts while its context does, and has a strength.

A breakage gets the ward and a strength between 0.5 (a little) and 1.5 (a lot).
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass

from doorbuster.bench.trials.crowd import bots
from doorbuster.bench.trials.ward import Ward
from doorbuster.database import Query, QueryFile
from doorbuster.database.pool import own_connection
from doorbuster.drill.cores import family_of, pin
from doorbuster.drill.faults.known import KNOWN
from doorbuster.drill.faults.machine import busy_programs
from doorbuster.drill.faults.wish import Fault as Wish
from doorbuster.serving import background
from doorbuster.watch.diagnosis import CauseName

SQL = QueryFile("doorbuster.bench.trials", "breakages.sql")
Breakage = Callable[[Ward, float], AbstractAsyncContextManager[None]]

STATEMENT_SECONDS_MAX = 120.0
DATABASE_CORE, WEB_CORE = 0, 1
BOTS_PER_SECOND = 500.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A breakage, and the cause that the diagnosis must name; `seconds_max` is how long it may take until it hurts."""

    name: str
    cause: CauseName
    breaks: Breakage
    seconds_max: float = 30.0


def of_drills(kind: str, *, what: str = "", times: float = 0.0) -> Breakage:
    """Return a fault that scenarios of drills may ask for, `times` as strong as the trial is."""

    @asynccontextmanager
    async def breakage(ward: Ward, strength: float) -> AsyncIterator[None]:
        async with KNOWN[kind].breaks(ward.house, Wish(kind, 0.0, what=what, times=times * strength)):
            yield

    return breakage


@asynccontextmanager
async def reports(ward: Ward, strength: float) -> AsyncIterator[None]:
    """Let an analyst's report run in several sessions at once."""
    works = [_repeated(ward, SQL.trial_report, "report") for _ in range(round(24 * strength))]
    async with background(*works):
        yield


async def _repeated(ward: Ward, query: Query, application: str) -> None:
    async with own_connection(ward.house.direct_url, application=application) as connection:
        while True:
            with suppress(TimeoutError):
                await connection.execute(query.sql, timeout=STATEMENT_SECONDS_MAX)


@asynccontextmanager
async def busy_neighbours(ward: Ward, strength: float) -> AsyncIterator[None]:
    """Let other programs take the core that the web workers run on."""
    pin(ward.house.pids("worker"), WEB_CORE)
    pin(family_of(ward.house.postgres.pid), DATABASE_CORE)
    try:
        async with busy_programs(round(24 * strength), WEB_CORE):
            yield
    finally:
        every = set(range(os.cpu_count() or 1))
        for pid in (*ward.house.pids("worker"), *family_of(ward.house.postgres.pid)):
            with suppress(ProcessLookupError):
                os.sched_setaffinity(pid, every)


@asynccontextmanager
async def blocked_loop(ward: Ward, strength: float) -> AsyncIterator[None]:
    """Let one worker do nothing for seconds, again and again, as a blocking call does."""
    async with background(_pulse(ward.house.pids("worker")[0], 2.5 * strength)):
        yield


async def _pulse(pid: int, still_seconds: float) -> None:
    try:
        while True:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(still_seconds)
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.4)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def of_a_crowd(times: float) -> Breakage:
    """Return the breakage in which many times as many people come."""

    @asynccontextmanager
    async def breakage(ward: Ward, strength: float) -> AsyncIterator[None]:
        usual = ward.pace.per_second
        ward.pace.per_second = usual * max(1.0, times * strength)
        try:
            yield
        finally:
            ward.pace.per_second = usual

    return breakage


def both(one: Breakage, other: Breakage) -> Breakage:
    """Return two breakages at once."""

    @asynccontextmanager
    async def breakage(ward: Ward, strength: float) -> AsyncIterator[None]:
        async with one(ward, strength), other(ward, strength):
            yield

    return breakage


@asynccontextmanager
async def bot_flood(ward: Ward, strength: float) -> AsyncIterator[None]:
    """Let one client ask for hundreds of pages a second."""
    async with background(bots(ward.shop.origin, BOTS_PER_SECOND * strength, ward.chance)):
        yield


FAULTS: tuple[Fault, ...] = (
    Fault("search index dropped", "missing_index", of_drills("drop-index", what="products_search")),
    Fault(
        "search index dropped, and a crowd comes",
        "missing_index",
        both(of_drills("drop-index", what="products_search"), of_a_crowd(3.0)),
    ),
    Fault("reports on the shop's database", "bad_query", reports),
    Fault("lock held on the hot row", "lock_contention", of_drills("lock-pools")),
    Fault("lock held on the tables of orders", "lock_contention", of_drills("lock-tables")),
    Fault("connections taken", "connection_exhaustion", of_drills("exhaust-connections")),
    Fault("import writes without end", "io_saturation", of_drills("busy-disk", times=8)),
    Fault("database machine shared", "database_cpu", of_drills("slow-database", times=30)),
    Fault("web machine shared", "web_cpu", busy_neighbours),
    Fault("worker blocked again and again", "event_loop_block", blocked_loop),
    Fault("worker stopped", "event_loop_block", of_drills("freeze-one-worker")),
    Fault("payment provider slow", "slow_payments", of_drills("gateway-slow-api")),
    Fault("payment provider failing", "slow_payments", of_drills("gateway-failing-api")),
    Fault("forty times the crowd", "traffic_spike", of_a_crowd(40.0)),
    Fault("one client floods", "bot_flood", bot_flood),
    Fault("database frozen", "database_down", of_drills("freeze-postgres")),
    Fault("database unreachable", "database_down", of_drills("refuse-wire")),
    Fault("replica stands still", "replication_lag", of_drills("stall-replica")),
    Fault("job worker stopped", "job_backlog", of_drills("freeze-jobs")),
)
"""Every fault that is tried; a full disk needs a small one (the drill `disk-full` has it), full memory harms all."""
