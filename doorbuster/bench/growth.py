"""Does a statement cost the same in a large shop as in a small one? Measured, statement by statement.

A shop is filled to a small size, each statement is run under EXPLAIN (ANALYZE, BUFFERS) and rolled back; then it is
grown a hundredfold and asked again. A B-tree gains a level or two meanwhile, so a statement may touch two more buffers
for each index it reads or writes, and take 1.3 times the time.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from doorbuster.bench.ground import Ground
from doorbuster.database import Query, QueryFile
from doorbuster.database.pool import own_connection
from doorbuster.stock.pools import MAIN_LOCATION

SQL = QueryFile("doorbuster.bench", "growth.sql")
BUFFERS_PER_INDEX = 2
TIME_RATIO = 1.3
NOISE_MS = 0.05
"""Differences below this are the clock's, not the statement's."""
STEP = 50_000
SAMPLES = 31

Facts = dict[str, Any]
Maker = Callable[[int, Facts], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a shop is."""

    orders: int
    products: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one statement costs: the median of samples; `indexes` it reads or writes."""

    buffers: float
    milliseconds: float
    indexes: int


@dataclass(frozen=True, slots=True)
class Grown:
    """One statement in the small and in the large shop."""

    name: str
    small: Cost
    large: Cost

    @property
    def buffers_ok(self) -> bool:
        """Say whether it touches at most two more buffers for each index."""
        return self.large.buffers - self.small.buffers <= BUFFERS_PER_INDEX * max(1, self.large.indexes)

    @property
    def time_ratio(self) -> float:
        """Return how many times as long it takes."""
        return (self.large.milliseconds + NOISE_MS) / (self.small.milliseconds + NOISE_MS)

    @property
    def time_ok(self) -> bool:
        """Say whether it takes at most 1.3 times the time."""
        return self.time_ratio <= TIME_RATIO


def grown_id(kind: str, number: int) -> UUID:
    """Return the id of a made-up row, as growth.sql makes it."""
    return UUID(f"0{kind}000000-0000-7000-8000-{number:012x}")


async def grow(connection: Any, facts: Facts, was: Size, to: Size, say: Callable[[str], None]) -> None:
    """Fill the shop from one size to another."""
    for start in range(was.products + 1, to.products + 1, STEP):
        end = min(start + STEP - 1, to.products)
        say(f"{end:,} of {to.products:,} products")
        for query in (SQL.grow_products, SQL.grow_stock):
            await _run(connection, query, facts | {"from_n": start, "to_n": end, "location_id": MAIN_LOCATION})
    for start in range(was.orders + 1, to.orders + 1, STEP):
        end = min(start + STEP - 1, to.orders)
        say(f"{end:,} of {to.orders:,} orders")
        for query in (SQL.grow_orders, SQL.grow_holds):
            await _run(connection, query, facts | {"from_n": start, "to_n": end})
    unpaid = to.orders // 100
    await _run(connection, SQL.grow_pool, facts | {"held": 2 * unpaid, "sold": to.orders - unpaid})
    say("gathering statistics")
    await connection.execute("VACUUM (ANALYZE)")


async def cost_of(connection: Any, query: Query, make: Maker, size: Size, facts: Facts) -> Cost:
    """Run a statement on rows drawn by chance, each time rolled back; return the medians."""
    chance = random.Random(7)  # noqa: S311 -- the same rows in every run
    seen: list[tuple[int, float, int]] = []
    for _ in range(SAMPLES):
        number = chance.randrange(1, size.orders // 100) * 100
        values = make(number, facts | {"shop": size, "chance": chance})
        transaction = connection.transaction()
        await transaction.start()
        try:
            before = {row["index"]: row["used"] for row in await _run(connection, SQL.grow_index_use, {})}
            rows = await _run(connection, query, values, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ")
            after = await _run(connection, SQL.grow_index_use, {})
        finally:
            await transaction.rollback()
        plan = msgspec.json.decode(rows[0][0])[0]
        buffers = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        indexes = sum(row["used"] > before.get(row["index"], 0) for row in after)
        seen.append((buffers, plan["Execution Time"], indexes))
    warm = seen[SAMPLES // 4 :]
    return Cost(
        statistics.median(each[0] for each in warm),
        statistics.median(each[1] for each in warm),
        max(each[2] for each in warm),
    )


async def costs(
    connection: Any, asked: Sequence[tuple[Query, Maker]], size: Size, facts: Facts, say: Callable[[str], None]
) -> dict[str, Cost]:
    """Return what each statement costs in the shop as it is."""
    found = {}
    for query, make in asked:
        say(query.name)
        found[query.name] = await cost_of(connection, query, make, size, facts)
    return found


async def measure(
    ground: Ground, asked: Sequence[tuple[Query, Maker]], small: Size, large: Size, say: Callable[[str], None]
) -> list[Grown]:
    """Fill, measure, grow, measure again."""
    sale = await ground.fresh_sale()
    item = sale.items[0]
    facts: Facts = {"sale_id": sale.id, "variant_id": item.variant_id, "pool_id": item.pool_id, "sku": item.sku}
    async with own_connection(ground.cluster.url, application="growth") as connection:
        await connection.set_type_codec("jsonb", encoder=_encoded, decoder=str, schema="pg_catalog")
        await grow(connection, facts, Size(0, 0), small, say)
        before = await costs(connection, asked, small, facts, say)
        await grow(connection, facts, small, large, say)
        after = await costs(connection, asked, large, facts, say)
    return [Grown(name, before[name], after[name]) for name in before]


async def _run(connection: Any, query: Query, values: Facts, before: str = "") -> list[Any]:
    rows: list[Any] = await connection.fetch(
        before + query.sql, *[values[name] for name in query.parameters], timeout=600
    )
    return rows


def _encoded(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
