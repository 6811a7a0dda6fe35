"""Both sides of the engine's ratio write the same rows, and the delayed flush is really delayed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from doorbuster.bench import engine, pgbench
from doorbuster.bench.ground import Ground, prepared_ground
from tests.rooms.sale.market import statement

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROWS_OF_A_SALE = statement("""
SELECT (SELECT count(*) FROM holds WHERE sale_id = :sale_id) AS holds,
       (SELECT sum(held) FROM sale_customers WHERE sale_id = :sale_id) AS customers,
       (SELECT count(*) FROM stock_movements WHERE pool_id = :pool_id AND kind = 'held') AS ledger,
       (SELECT held FROM stock_pools WHERE id = :pool_id) AS pool
""")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground() -> AsyncIterator[Ground]:
    async with prepared_ground() as ground:
        await pgbench.prepare(ground)
        yield ground


async def rows_of_the_live_sale(ground: Ground) -> set[int]:
    sale = ground.live[-1]
    row = await ground.database.fetch_one(ROWS_OF_A_SALE, sale_id=sale.id, pool_id=sale.items[0].pool_id)
    assert row is not None
    return set(row)


@pytest.mark.parametrize("form", engine.FORMS)
async def test_the_baseline_writes_a_hold_a_count_a_line_and_the_pool(ground: Ground, form: str):
    assert await pgbench.holds_per_second(ground, form, clients=2, seconds=1) > 0

    rows = await rows_of_the_live_sale(ground)
    assert len(rows) == 1
    assert rows != {0}


async def test_the_engine_writes_the_same_rows(ground: Ground):
    assert await engine.holds_per_second(ground, waiting=16, seconds=0.2) > 0

    rows = await rows_of_the_live_sale(ground)
    assert len(rows) == 1
    assert rows != {0}


async def test_a_delayed_flush_holds_up_even_a_single_client(ground: Ground):
    await ground.delay_flush(20_000)
    try:
        assert await pgbench.holds_per_second(ground, "one_round_trip", clients=1, seconds=1) <= 50
    finally:
        await ground.delay_flush(0)
