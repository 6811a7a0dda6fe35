"""What is looked at beside the crowd: the sale's units, what the shop's processes hold, and its SQL statements."""

import asyncio
from contextlib import suppress
from uuid import UUID

from prometheus_client.parser import text_string_to_metric_families

from doorbuster.database import Database, QueryFile
from doorbuster.drill.client import Broken, get
from doorbuster.drill.measures import Held, StockPoint
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.drill", "stock.sql")
LOOK_SECONDS = 0.5
HELD_SECONDS = 5.0
STATEMENTS_METRIC = "doorbuster_query_calls"
MEMORY_METRIC, FILES_METRIC = "doorbuster_process_resident_bytes", "doorbuster_process_open_files"
SUMMED = (STATEMENTS_METRIC, MEMORY_METRIC, FILES_METRIC)
SNAPSHOT_SECONDS = 2.5
"""How long until every process's last count has reached the control plane."""


async def look(database: Database, sale_id: UUID, at: float) -> StockPoint:
    """Return the sale's units as they are now; `at` is the moment in the crowd's time."""
    row = await database.fetch_one(SQL.drill_stock, sale_id=sale_id)
    assert row is not None
    return StockPoint(at, row["units"] - row["held"] - row["sold"], row["held"], row["sold"])


async def watch_stock(database: Database, sale_id: UUID, zero: float, points: list[StockPoint]) -> None:
    """Append a look at the stock every half second until cancelled; a look that fails is left out."""
    loop = asyncio.get_running_loop()
    while True:
        # A shop in trouble leaves a gap in the curve, which is what a reader should see.
        with suppress(DatabaseFault):
            points.append(await look(database, sale_id, loop.time() - zero))
        await asyncio.sleep(LOOK_SECONDS)


async def until_settled(
    database: Database, sale_id: UUID, zero: float, points: list[StockPoint], seconds: float
) -> None:
    """Wait until nothing is held any more, for at most `seconds`; a look that fails is left out."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while loop.time() < deadline:
        with suppress(DatabaseFault):
            points.append(await look(database, sale_id, loop.time() - zero))
            if not points[-1].held:
                return
        await asyncio.sleep(LOOK_SECONDS)


async def statements(control_url: str) -> float | None:
    """Return how many named statements all processes of the shop have run, or None where that isn't told."""
    sums = await _sums(control_url)
    return sums.get(STATEMENTS_METRIC, 0.0) if sums else None


async def watch_held(control_url: str, zero: float, held: list[Held]) -> None:
    """Append what the shop's processes hold every five seconds until cancelled; a look that fails is left out."""
    loop = asyncio.get_running_loop()
    while True:
        if sums := await _sums(control_url):
            held.append(Held(loop.time() - zero, sums.get(MEMORY_METRIC, 0.0), sums.get(FILES_METRIC, 0.0)))
        await asyncio.sleep(HELD_SECONDS)


async def _sums(control_url: str) -> dict[str, float]:
    """Return the sum of each metric over its labels, none where the shop tells none."""
    try:
        reply = await get(f"{control_url}/metrics", 5.0)
    except Broken:
        return {}
    if reply.status != 200:
        return {}
    families = text_string_to_metric_families(reply.body.decode())
    return {family.name: sum(each.value for each in family.samples) for family in families if family.name in SUMMED}
