"""Faults of PostgreSQL: schema, functions, sessions, locks, disk, and the server itself.

They go past the shop, straight to PostgreSQL, as a careless person or a failing machine would.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from doorbuster.database import QueryFile
from doorbuster.database.pool import Refused, own_connection
from doorbuster.drill.chaos.house import House
from doorbuster.drill.cores import slow_down
from doorbuster.drill.faults.wish import Fault
from doorbuster.errors import DatabaseFault, Misconfigured

SQL = QueryFile("doorbuster.drill.faults", "faults.sql")
APPLICATION = "drill fault"
ROWS_AT_ONCE = 200_000


@asynccontextmanager
async def index_dropped(house: House, wish: Fault) -> AsyncIterator[None]:
    """Drop the index `what` for real, and build it again afterwards."""
    async with own_connection(house.direct_url, application=APPLICATION) as connection:
        definition = await drop_index(connection, wish.what)
    yield
    async with own_connection(house.direct_url, application=APPLICATION) as connection:
        await connection.execute(definition, timeout=120)


async def drop_index(connection: Any, name: str) -> str:
    """Drop an index and return the statement that builds it again; raises Misconfigured when there is none."""
    definition = await connection.fetchval(SQL.fault_index.sql, name)
    if definition is None:
        raise Misconfigured(f"there is no index {name!r} to drop in this shop")
    quoted = name.replace('"', '""')
    await connection.execute(f'DROP INDEX "{quoted}"', timeout=30)
    return str(definition)


@asynccontextmanager
async def function_replaced(house: House, wish: Fault) -> AsyncIterator[None]:
    """Deploy a bad release: the function `what` becomes what `sql` says; rolled back afterwards."""
    async with own_connection(house.direct_url, application=APPLICATION) as connection:
        before = await connection.fetchval(SQL.fault_function.sql, wish.what)
        if before is None:
            raise Misconfigured(f"there is no function {wish.what!r} to replace in this shop")
        await connection.execute(wish.sql)
    yield
    async with own_connection(house.direct_url, application=APPLICATION) as connection:
        await connection.execute(before)


@asynccontextmanager
async def connections_hogged(house: House, wish: Fault) -> AsyncIterator[None]:
    """Open `times` connections, each idle in a transaction, as a leaking program does."""
    async with AsyncExitStack() as stack:
        with suppress(DatabaseFault):
            for _ in range(int(wish.times or 40)):
                opened = own_connection(house.direct_url, application=APPLICATION)
                connection = await stack.enter_async_context(opened)
                await connection.transaction().start()
        yield


@asynccontextmanager
async def database_slowed(house: House, wish: Fault) -> AsyncIterator[None]:
    """Give PostgreSQL's sessions only one part in `times` of the time, as an overcommitted machine does."""
    async with asyncio.TaskGroup() as group:
        slowing = group.create_task(slow_down(house.postgres.pid, wish.times or 4))
        yield
        slowing.cancel()


@asynccontextmanager
async def disk_slowed(house: House, wish: Fault) -> AsyncIterator[None]:
    """Make every flush of the log to the disk take up to `times` ms longer (PostgreSQL's own commit_delay)."""
    microseconds = int(min(100, wish.times or 50) * 1_000)
    await as_superuser(house, f"ALTER SYSTEM SET commit_delay = {microseconds}", "SELECT pg_reload_conf()")
    await as_superuser(house, "ALTER SYSTEM SET commit_siblings = 0", "SELECT pg_reload_conf()")
    yield
    for name in ("commit_delay", "commit_siblings"):
        await as_superuser(house, f"ALTER SYSTEM RESET {name}", "SELECT pg_reload_conf()")


@asynccontextmanager
async def io_saturated(house: House, wish: Fault) -> AsyncIterator[None]:
    """Write as much as the disk takes from `times` sessions, with a checkpoint after each round."""
    async with own_connection(house.direct_url, application=APPLICATION) as connection:
        await connection.execute(SQL.fault_ballast.sql)
    async with asyncio.TaskGroup() as group:
        writers = [group.create_task(_write(house)) for _ in range(int(wish.times or 2))]
        yield
        for writer in writers:
            writer.cancel()
    async with own_connection(house.direct_url, application=APPLICATION) as connection:
        await connection.execute(SQL.fault_ballast_gone.sql)


async def _write(house: House) -> None:
    while True:
        # A database that suffers from it may refuse; then it is asked again.
        with suppress(DatabaseFault, Refused, OSError, TimeoutError):
            async with own_connection(house.direct_url, application=APPLICATION) as connection:
                while True:
                    await connection.execute(SQL.fault_ballast_grown.sql, ROWS_AT_ONCE, timeout=60)
                    await as_superuser(house, "CHECKPOINT")
        await asyncio.sleep(0.2)


@asynccontextmanager
async def database_stopped(house: House, _: Fault) -> AsyncIterator[None]:
    """Shut PostgreSQL down in order (fast) and keep it down until it is mended."""
    async with house.postgres_kept_down():
        yield


async def as_superuser(house: House, *statements: str) -> None:
    """Run statements as PostgreSQL's owner, over the socket in the drill's own folder."""
    async with own_connection(house.owner_url(), application=APPLICATION) as connection:
        for statement in statements:
            await connection.execute(statement, timeout=30)
