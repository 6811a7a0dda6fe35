"""What breaks without a word more: processes, PostgreSQL, the wire to it, and the payment gateway.

Each is a context: it begins when entered and has ended when left. Its docstring says what happens; its name and the
rest stand in the one table of faults (`doorbuster/drill/faults/known.py`).
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import aiohttp

from doorbuster.database import Query, QueryFile
from doorbuster.database.pool import Refused, own_connection
from doorbuster.drill.chaos.house import House
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.drill.chaos", "chaos.sql")
Breakage = Callable[[House], AbstractAsyncContextManager[None]]
TAKING_SECONDS_MAX, TAKE_AGAIN_SECONDS = 30.0, 0.02


ROLES = {
    "one-worker": ("worker", False, "one web worker"),
    "all-workers": ("worker", True, "every web worker"),
    "jobs": ("jobs", True, "the job worker"),
    "control": ("control", True, "the control plane"),
    "gateway": ("gateway", True, "the payment gateway"),
}
"""Who can be signalled: the role, whether all of them are, and what to call them."""


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
    """Take every connection that PostgreSQL has left, cut the shop's own, and take those as well before it does."""
    all_taken = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(_take_connections(house, all_taken))
        try:
            await asyncio.wait_for(all_taken.wait(), TAKING_SECONDS_MAX)
            house.wire.cut()
            yield
        finally:
            taking.cancel()


async def _take_connections(house: House, all_taken: asyncio.Event) -> None:
    """Take whatever connection is free, until cancelled; then give all of them back.

    A program whose sessions somebody ended is one that somebody has ended: it takes none again.
    """
    async with AsyncExitStack() as stack:
        taken: list[Any] = []
        while not any(each.is_closed() for each in taken):
            try:
                taken.append(await stack.enter_async_context(own_connection(house.direct_url, application="chaos")))
            except (DatabaseFault, Refused, OSError):
                all_taken.set()
                await asyncio.sleep(TAKE_AGAIN_SECONDS)


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
