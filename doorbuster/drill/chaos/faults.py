"""What is broken, one at a time. Each fault is a context: it begins when entered and has ended when left.

A fault's docstring says what happens; what must hold is the same for all (cycles.py).
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from doorbuster.database import Query, QueryFile
from doorbuster.database.pool import own_connection
from doorbuster.drill.chaos.house import House
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.drill.chaos", "chaos.sql")
Breakage = Callable[[House], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break the shop: its name, what it does, and for how many seconds."""

    name: str
    what: str
    breaks: Breakage
    seconds: float


def signalled(role: str, number: signal.Signals, everybody: bool) -> Breakage:
    """Return the breakage that sends processes of a role a signal; who was stopped goes on afterwards."""

    @asynccontextmanager
    async def breakage(house: House) -> AsyncIterator[None]:
        pids = house.pids(role)
        _signal(pids if everybody else pids[:1], number)
        try:
            yield
        finally:
            if number == signal.SIGSTOP:
                _signal(pids, signal.SIGCONT)

    return breakage


@asynccontextmanager
async def supervisor_killed(house: House) -> AsyncIterator[None]:
    """Kill the supervisor, and with it everything; an operator starts it again."""
    assert house.up is not None
    house.up.kill()
    house.up.wait()
    while any(house.pids(role) for role in ("worker", "jobs", "control", "gateway")):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    yield
    await house.start_up()


@asynccontextmanager
async def postmaster_killed(house: House) -> AsyncIterator[None]:
    """Kill PostgreSQL's postmaster; its operator starts it again at once."""
    house.postgres.kill()
    yield


@asynccontextmanager
async def postgres_stopped_at_once(house: House) -> AsyncIterator[None]:
    """Shut PostgreSQL down immediately, in the middle of whatever it does; crash recovery follows."""
    house.postgres.send_signal(signal.SIGQUIT)
    yield


@asynccontextmanager
async def backend_killed(house: House) -> AsyncIterator[None]:
    """Kill one process of PostgreSQL that serves the shop; all of it restarts by itself."""
    _signal(house.backends()[:1], signal.SIGKILL)
    yield


@asynccontextmanager
async def postgres_frozen(house: House) -> AsyncIterator[None]:
    """Freeze PostgreSQL whole, then let it go on."""
    frozen = house.all_postgres()
    _signal(frozen, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(frozen, signal.SIGCONT)


@asynccontextmanager
async def sessions_terminated(house: House) -> AsyncIterator[None]:
    """Have PostgreSQL end every session of the shop with pg_terminate_backend."""
    async with own_connection(house.direct_url, application="chaos") as connection:
        await connection.execute(SQL.chaos_terminate.sql)
    yield


@asynccontextmanager
async def connections_exhausted(house: House) -> AsyncIterator[None]:
    """Take every connection that PostgreSQL has left, and cut the shop's own so that it needs new ones."""
    taken: list[AbstractAsyncContextManager[Any]] = []
    with suppress(DatabaseFault, OSError):
        while len(taken) < 200:
            context: AbstractAsyncContextManager[Any] = own_connection(house.direct_url, application="chaos")
            await context.__aenter__()
            taken.append(context)
    house.wire.cut()
    try:
        yield
    finally:
        for context in taken:
            with suppress(DatabaseFault, OSError):
                await context.__aexit__(None, None, None)


@asynccontextmanager
async def pools_locked(house: House) -> AsyncIterator[None]:
    """Hold the lock of every pool's row in a transaction that does nothing."""
    async with _holding(house, SQL.chaos_lock_pools):
        yield


@asynccontextmanager
async def tables_locked(house: House) -> AsyncIterator[None]:
    """Hold the strongest lock there is on the tables of orders, as a careless migration does."""
    async with _holding(house, SQL.chaos_lock_tables):
        yield


@asynccontextmanager
async def _holding(house: House, lock: Query) -> AsyncIterator[None]:
    """Hold what a statement locks; whoever asks for so much may meet the shop half-way and is asked to begin again."""
    async with own_connection(house.direct_url, application="chaos") as connection:
        transaction = connection.transaction()
        for _ in range(20):
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(lock.sql)
                break
            except Exception:  # a deadlock of ours with the shop: PostgreSQL chose us
                await transaction.rollback()
        yield
        with suppress(Exception):
            await transaction.rollback()


@asynccontextmanager
async def wire_refused(house: House) -> AsyncIterator[None]:
    """Close the way to PostgreSQL: connections are cut and new ones refused."""
    await house.wire.close()
    yield
    await house.wire.heal()


@asynccontextmanager
async def wire_cut(house: House) -> AsyncIterator[None]:
    """Reset every connection to PostgreSQL once."""
    house.wire.cut()
    yield


@asynccontextmanager
async def wire_deaf(house: House) -> AsyncIterator[None]:
    """Lose the answers of PostgreSQL: what was asked for is done, and the connection breaks before it is told."""
    house.wire.deaf_to_answers = True
    yield
    await house.wire.heal()


@asynccontextmanager
async def wire_half_open(house: House) -> AsyncIterator[None]:
    """Let nothing through between the shop and PostgreSQL, without a word to either."""
    house.wire.swallow()
    yield
    await house.wire.heal()


@asynccontextmanager
async def wire_slow(house: House) -> AsyncIterator[None]:
    """Delay every answer of PostgreSQL by 200 ms."""
    house.wire.delay_seconds = 0.2
    yield
    await house.wire.heal()


def gateway_that(behaviour: str) -> Breakage:
    """Return the breakage in which the payment gateway misbehaves in a way of its own."""

    @asynccontextmanager
    async def breakage(house: House) -> AsyncIterator[None]:
        await _command_gateway(house, behaviour)
        yield
        await _command_gateway(house, "")

    return breakage


async def _command_gateway(house: House, behaviour: str) -> None:
    headers = {"Authorization": f"Bearer {house.settings.gateway_key}"}
    url = f"{house.settings.gateway_url}/test/behaviour"
    async with aiohttp.ClientSession() as client:
        for _ in range(100):
            with suppress(aiohttp.ClientError):
                async with client.post(url, data={"behaviour": behaviour}, headers=headers) as reply:
                    if reply.status == 200:
                        return
            await asyncio.sleep(0.05)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _of_processes() -> list[Fault]:
    words = {
        signal.SIGKILL: ("kill", "is killed with SIGKILL", 0.0),
        signal.SIGSTOP: ("freeze", "is frozen and wakes up late", 1.5),
        signal.SIGTERM: ("stop", "is told to stop", 0.0),
    }
    who = {
        "one-worker": ("worker", False, "one web worker"),
        "all-workers": ("worker", True, "every web worker"),
        "jobs": ("jobs", True, "the job worker"),
        "control": ("control", True, "the control plane"),
        "gateway": ("gateway", True, "the payment gateway"),
    }
    return [
        Fault(f"{verb}-{name}", f"{whom} {says}", signalled(role, number, everybody), seconds)
        for number, (verb, says, seconds) in words.items()
        for name, (role, everybody, whom) in who.items()
    ]


def _of(name: str, breaks: Breakage, seconds: float = 0.0) -> Fault:
    return Fault(name, (breaks.__doc__ or "").strip().rstrip("."), breaks, seconds)


FAULTS: tuple[Fault, ...] = (
    *_of_processes(),
    _of("kill-supervisor", supervisor_killed),
    _of("kill-postmaster", postmaster_killed),
    _of("stop-postgres-at-once", postgres_stopped_at_once),
    _of("kill-backend", backend_killed),
    _of("freeze-postgres", postgres_frozen, 1.5),
    _of("terminate-sessions", sessions_terminated),
    _of("exhaust-connections", connections_exhausted, 1.5),
    _of("lock-pools", pools_locked, 1.5),
    _of("lock-tables", tables_locked, 1.5),
    _of("refuse-wire", wire_refused, 1.0),
    _of("cut-wire", wire_cut),
    _of("deafen-wire", wire_deaf, 0.5),
    _of("half-open-wire", wire_half_open, 1.5),
    _of("slow-wire", wire_slow, 1.5),
    *(
        Fault(f"gateway-{word.replace('_', '-')}", f"the payment gateway {says}", gateway_that(word), 1.5)
        for word, says in (
            ("slow_api", "answers only after 5 s"),
            ("failing_api", "answers 500"),
            ("busy_api", "answers 429"),
            ("lost_answer", "does what it is asked and never answers"),
            ("double_delivery", "tells everything twice"),
            ("late_delivery", "tells the shop only after the shopper is back"),
            ("no_delivery", "never tells the shop"),
        )
    ),
)
"""Every fault there is."""
