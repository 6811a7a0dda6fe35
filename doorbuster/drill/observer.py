"""What is looked at beside the crowd: the sale's units each half second, and the shop's count of SQL statements."""

import asyncio
from contextlib import suppress
from uuid import UUID

from prometheus_client.parser import text_string_to_metric_families

from doorbuster.database import Database, QueryFile
from doorbuster.drill.client import Broken, get
from doorbuster.drill.measures import StockPoint
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.drill", "stock.sql")
LOOK_SECONDS = 0.5
STATEMENTS_METRIC = "doorbuster_query_calls"
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
    try:
        reply = await get(f"{control_url}/metrics", 5.0)
    except Broken:
        return None
    if reply.status != 200:
        return None
    families = text_string_to_metric_families(reply.body.decode())
    return sum(sample.value for family in families if family.name == STATEMENTS_METRIC for sample in family.samples)
