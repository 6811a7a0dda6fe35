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

import msgspec

from doorbuster.bench.ground import Ground
from doorbuster.database import Query, QueryFile
from doorbuster.database.pool import own_connection
from doorbuster.review.ground import Facts, Size, grow, run
from doorbuster.stock.pools import MAIN_LOCATION

SQL = QueryFile("doorbuster.bench", "growth.sql")
BUFFERS_PER_INDEX = 2
TIME_RATIO = 1.3
NOISE_MS = 0.05
"""Differences below this are the clock's, not the statement's."""
SAMPLES = 31

Maker = Callable[[int, Facts], dict[str, Any]]


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
            before = {row["index"]: row["used"] for row in await run(connection, SQL.grow_index_use, {})}
            text = await _explained(connection, query, values)
            after = await run(connection, SQL.grow_index_use, {})
        finally:
            await transaction.rollback()
        plan = msgspec.json.decode(text)[0]
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
    facts: Facts = {
        "sale_id": sale.id,
        "variant_id": item.variant_id,
        "pool_id": item.pool_id,
        "sku": item.sku,
        "location_id": MAIN_LOCATION,
    }
    async with own_connection(ground.cluster.url, application="growth") as connection:
        await connection.set_type_codec("jsonb", encoder=_encoded, decoder=str, schema="pg_catalog")
        await grow(connection, facts, Size(0, 0), small, say)
        before = await costs(connection, asked, small, facts, say)
        await grow(connection, facts, small, large, say)
        after = await costs(connection, asked, large, facts, say)
    return [Grown(name, before[name], after[name]) for name in before]


async def _explained(connection: Any, query: Query, values: Facts) -> str:
    parameters = [values[name] for name in query.parameters]
    return str(
        await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.sql}", *parameters, timeout=600)
    )


def _encoded(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
