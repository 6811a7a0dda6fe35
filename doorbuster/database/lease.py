"""One doer at a time: work that must not be done by two processes is done under a lease.

Promises: by the database's clock, at most one process holds a lease; one that dies is followed after its time.
Never: lets a bite run past the lease it was begun under: it is cancelled first.

The fence: a lease has an epoch that grows with each holder, a renewal names it, and a bite must end within the time
that the last renewal bought. A doer that was frozen and wakes up late can therefore not begin another bite.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from doorbuster import metrics
from doorbuster.database.pool import Database
from doorbuster.database.queries import QueryFile
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.database", "lease.sql")
LEASE_SECONDS = 10.0
BITE_SECONDS_MAX = 8.0
WAIT_SECONDS = 2.0
HELD = metrics.gauge("doorbuster_lease_held", "Whether this process holds the lease.", ("lease",))
FAULTS = metrics.counter("doorbuster_lease_bite_faults_total", "Bites of work that failed.", ("lease",))


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do one kind of work, for a while."""

    name: str
    holder: str
    epoch: int


async def take_lease(database: Database, name: str, holder: str) -> Lease | None:
    """Return the lease if nobody else holds it."""
    row = await database.fetch_one(SQL.take_lease, name=name, holder=holder, seconds=LEASE_SECONDS)
    return None if row is None else Lease(name, holder, row["epoch"])


async def renew_lease(database: Database, lease: Lease) -> bool:
    """Buy the lease's time anew; False when it was lost."""
    facts = {"name": lease.name, "holder": lease.holder, "epoch": lease.epoch}
    return await database.execute(SQL.renew_lease, seconds=LEASE_SECONDS, **facts) == 1


async def return_lease(database: Database, lease: Lease) -> None:
    """Give the lease back so that the next doer need not wait for its end."""
    await database.execute(SQL.return_lease, name=lease.name, holder=lease.holder, epoch=lease.epoch)


async def do_alone(database: Database, name: str, holder: str, bite: Callable[[], Awaitable[float]]) -> None:
    """Do the work bite by bite whenever we hold the lease, for ever.

    `bite` does a bounded piece, safe to repeat, and returns the seconds until the next. A bite that fails is counted
    and tried again later.
    """
    while True:
        lease = None
        with suppress(DatabaseFault):
            lease = await take_lease(database, name, holder)
        if lease is None:
            await asyncio.sleep(WAIT_SECONDS)
            continue
        HELD.set(1, name)
        try:
            await _do_while_held(database, lease, bite)
        finally:
            HELD.set(0, name)
            with suppress(DatabaseFault):
                await return_lease(database, lease)


async def _do_while_held(database: Database, lease: Lease, bite: Callable[[], Awaitable[float]]) -> None:
    with suppress(DatabaseFault):
        while await renew_lease(database, lease):
            try:
                async with asyncio.timeout(BITE_SECONDS_MAX):
                    pause_seconds = await bite()
            except (DatabaseFault, TimeoutError):
                FAULTS.add(lease.name)
                pause_seconds = WAIT_SECONDS
            await asyncio.sleep(pause_seconds)
