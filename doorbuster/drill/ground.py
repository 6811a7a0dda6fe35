"""The ground a drill is played on: a shop of its own, as large, as old and as careless as the scenario says.

Promises: everything lies in one temporary folder and is gone when the drill ends.
"""

import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from doorbuster.database import QueryFile
from doorbuster.database.pool import own_connection
from doorbuster.drill.chaos.house import House, Wants, opened
from doorbuster.drill.faults.database import drop_index
from doorbuster.drill.faults.known import needs_wire
from doorbuster.drill.faults.machine import run_command
from doorbuster.drill.scenario import Given, Scenario
from doorbuster.drill.target import Target
from doorbuster.errors import DoorbusterError

SQL = QueryFile("doorbuster.drill", "ground.sql")
STEP = 50_000
FILL_SECONDS_MAX = 300.0
Say = Callable[[str], None]


class CannotHere(DoorbusterError):
    """This machine lacks what the drill needs; the message says what."""


def needs_own_shop(scenario: Scenario) -> bool:
    """Say whether a drill changes or breaks the shop, so that only a shop of its own will do."""
    given = scenario.given
    changes = (given.products, given.orders, given.environment, given.without_indexes, given.commands, given.divided)
    return bool(scenario.when.faults or any(changes) or given.disk_megabytes or given.workers)


@asynccontextmanager
async def prepared(scenario: Scenario, workers: int, say: Say) -> AsyncIterator[Target]:
    """Open a shop as the scenario's `given` says, for the block."""
    given = scenario.given
    if given.divided and (os.cpu_count() or 1) < 2:
        raise CannotHere("this drill needs two cores: one for PostgreSQL, one for the shop and the crowd")
    with _home(given.disk_megabytes) as home:
        # The crowd says whence it comes as a proxy would: in X-Forwarded-For.
        environment = {"TRUSTED_PROXIES": "127.0.0.0/8"} | given.environment
        wants = Wants(environment, needs_wire(scenario.when.faults), given.divided, own_disk=bool(given.disk_megabytes))
        async with opened(home, given.workers or workers, say, wants) as house:
            await fill(house, given, say)
            say(f"The drill's own shop is open at {house.settings.shop_url}.")
            yield Target(house.settings, house.settings.shop_url, house)


async def fill(house: House, given: Given, say: Say) -> None:
    """Make the shop as large as wanted, take its indexes away, and do what its operators did beforehand."""
    async with own_connection(house.direct_url, application="drill ground") as connection:
        for query, count, words in (
            (SQL.ground_products, given.products, "products"), (SQL.ground_orders, given.orders, "orders"),
        ):  # fmt: skip
            for start in range(1, count + 1, STEP):
                end = min(start + STEP - 1, count)
                say(f"{end:,} of {count:,} {words} ...")
                values = {"from_n": start, "to_n": end, "currency": house.settings.currency}
                await connection.execute(query.sql, *(values[name] for name in query.parameters), timeout=300)
        if given.products or given.orders:
            await connection.execute(SQL.ground_statistics.sql, timeout=300)
        for name in given.without_indexes:
            await drop_index(connection, name)
    for words in given.commands:
        await run_command(house, words)


@contextmanager
def _home(disk_megabytes: int) -> Iterator[Path]:
    """Give a folder for the block, on a small disk of its own if asked (which only root can make)."""
    with tempfile.TemporaryDirectory(prefix="doorbuster-drill-") as folder:
        Path(folder).chmod(0o755)
        if not disk_megabytes:
            yield Path(folder) / "home"
            return
        size = f"size={disk_megabytes}m"
        command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder]
        made = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 -- nothing of it is foreign
        if made.returncode:
            raise CannotHere(f"a small disk cannot be mounted here ({made.stderr.decode().strip()}); root can")
        try:
            yield Path(folder) / "home"
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)  # noqa: S603, S607
