"""Faults with a standby, which is made by pg_basebackup: it takes over from a primary that died, or falls behind."""

import asyncio
import dataclasses
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import quote

from doorbuster.database import embedded
from doorbuster.database.embedded import Cluster
from doorbuster.database.pool import own_connection
from doorbuster.drill.chaos.house import House
from doorbuster.drill.faults.database import APPLICATION, SQL, as_superuser
from doorbuster.drill.faults.wish import Fault
from doorbuster.drill.target import free_ports
from doorbuster.errors import DatabaseUnavailable

FOLLOWS_SECONDS_MAX = 30.0
FOLLOWER = "drill_standby"


@asynccontextmanager
async def primary_lost(house: House, _: Fault) -> AsyncIterator[None]:
    """Make a standby that follows, kill the primary with SIGKILL, promote the standby, lead the wire to it."""
    standby, server = await _standby_of(house)
    try:
        # It follows synchronously, so that whatever the shop was promised is on both.
        await as_superuser(house, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        await _until(lambda: _follows(house, "sync"))
    except BaseException:
        await as_superuser(house, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        await asyncio.to_thread(embedded.stop, server)
        raise
    # From here on the house has the standby, which is kept running and stopped like the primary before it.
    lost, house.cluster, house.postgres = house.postgres, standby, server
    lost.kill()
    await asyncio.to_thread(lost.wait)
    await as_superuser(house, "SELECT pg_promote()")
    house.wire.lead_to(standby.port)
    yield


@asynccontextmanager
async def replica_stalled(house: House, _: Fault) -> AsyncIterator[None]:
    """Make a standby that follows, and let it stop replaying what it receives."""
    standby, server = await _standby_of(house)
    try:
        await _tell(standby, "SELECT pg_wal_replay_pause()")
        yield
        await _tell(standby, "SELECT pg_wal_replay_resume()")
    finally:
        await asyncio.to_thread(embedded.stop, server)
        await asyncio.to_thread(shutil.rmtree, standby.folder)
        await as_superuser(house, f"DROP ROLE {FOLLOWER}")


async def _standby_of(house: House) -> "tuple[Cluster, subprocess.Popen[bytes]]":
    """Make a standby of the house's PostgreSQL, start it, and wait until it follows."""
    await as_superuser(house, f"CREATE ROLE {FOLLOWER} REPLICATION LOGIN PASSWORD '{house.cluster.password}'")
    standby = await asyncio.to_thread(_copied, house.cluster)
    server = standby.launch()
    try:
        await _until(lambda: _follows(house, "streaming"))
    except BaseException:
        await asyncio.to_thread(embedded.stop, server)
        raise
    return standby, server


async def _tell(standby: Cluster, statement: str) -> None:
    """Run a statement at a standby, as its owner."""
    url = f"postgresql://postgres@/postgres?host={quote(str(standby.folder), safe='')}&port={standby.port}"
    async with own_connection(url, application=APPLICATION) as connection:
        await connection.execute(statement, timeout=30)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds; raises DatabaseUnavailable when it does not for too long."""
    deadline = asyncio.get_running_loop().time() + FOLLOWS_SECONDS_MAX
    while not await holds():
        if asyncio.get_running_loop().time() > deadline:
            raise DatabaseUnavailable("the standby does not follow its primary")
        await asyncio.sleep(0.1)


async def _follows(house: House, how: str) -> bool:
    async with own_connection(house.owner_url(), application=APPLICATION) as connection:
        row = await connection.fetchrow(SQL.fault_followers.sql)
    return bool(row and how in (row["state"], row["sync_state"]))


def _copied(primary: Cluster) -> Cluster:
    """Copy the running primary's data into a folder of its own, ready to be started as its standby."""
    folder = primary.folder.with_name("standby")
    standby = dataclasses.replace(primary, folder=folder, port=free_ports(1)[0])
    for each in (folder, folder / "log"):
        each.mkdir(mode=0o700)
        primary.programs.own(each)
    command = ["pg_basebackup", "-h", str(primary.folder), "-p", str(primary.port), "-U", "postgres"]
    program = str(primary.programs.folder / command[0])
    done = subprocess.run(  # noqa: S603 -- the wheel's own program; as ourselves, who may enter the socket's folder
        [program, *command[1:], "-D", str(standby.data), "-R", "-X", "stream", "-c", "fast"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise DatabaseUnavailable(f"pg_basebackup: {done.stderr.strip()[-300:]}")
    for path in (standby.data, *standby.data.rglob("*")):
        primary.programs.own(path)
    # Whom the server runs as may not enter the folder of the primary's socket, so the standby follows over TCP.
    with (standby.data / "postgresql.auto.conf").open("a") as file:
        way = f"host=127.0.0.1 port={primary.port} user={FOLLOWER} password={primary.password}"
        file.write(f"primary_conninfo = '{way}'\n")
    settings = standby.data / "doorbuster.conf"
    settings.write_text(settings.read_text().replace(f"port = {primary.port}", f"port = {standby.port}"))
    return standby
