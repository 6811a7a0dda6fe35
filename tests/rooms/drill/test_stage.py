"""The drill's sale, in a real database."""

from uuid import UUID

import pytest

from doorbuster.clock import SystemClock
from doorbuster.database.queries import parse
from doorbuster.drill import observer
from doorbuster.drill.scenario import Given
from doorbuster.drill_plane import Stage
from doorbuster.errors import Misconfigured
from doorbuster.room.rooms import room_of_sale
from doorbuster.sale.sales import sale_by_id
from doorbuster.stock.pools import pool_of_variant
from tests.rooms.sale import market

PRICE = parse(
    "-- name: test\n-- why: a test asks\n-- cost: rows 1, buffers 10\n"
    "INSERT INTO prices (variant_id, currency, amount) VALUES (:variant_id, 'GBP', 1999)",
    "test",
)[0]


async def test_the_drill_sells_units_of_its_own_and_leaves_the_shops_stock_alone(database):
    variant_id = await market.product(database, "LAMP", units=7)
    await database.execute(PRICE, variant_id=variant_id)
    opens_at = SystemClock().now().timestamp() + 60

    facts = await Stage("GBP").open_sale(database, Given(units=20), opens_at)

    sale = await sale_by_id(database, UUID(facts.id))
    pool = await pool_of_variant(database, variant_id)
    assert (sale.units, sale.state, facts.sku) == (20, "planned", "LAMP")
    assert pool.on_hand == 7


async def test_a_sale_with_a_waiting_room_has_it_before_it_opens(database):
    await database.execute(PRICE, variant_id=await market.product(database))

    given = Given(units=20, room="first_come", room_rate=5)
    facts = await Stage("GBP").open_sale(database, given, SystemClock().now().timestamp() + 60)

    room = await room_of_sale(database, UUID(facts.id))
    assert room is not None
    assert (room.entry_order, room.phase) == ("first_come", "registering")


async def test_striking_the_stage_ends_the_sale(database):
    variant_id = await market.product(database)
    await database.execute(PRICE, variant_id=variant_id)
    stage = Stage("GBP")
    facts = await stage.open_sale(database, Given(units=20), SystemClock().now().timestamp() + 60)

    await stage.strike(database, UUID(facts.id))

    assert (await sale_by_id(database, UUID(facts.id))).state == "over"


async def test_an_empty_shop_is_told_what_is_missing(database):
    with pytest.raises(Misconfigured, match="import a catalogue first"):
        await Stage("GBP").open_sale(database, Given(units=1), SystemClock().now().timestamp() + 60)


async def test_the_stock_is_read_as_left_held_and_sold(database):
    variant_id = await market.product(database)
    await database.execute(PRICE, variant_id=variant_id)
    facts = await Stage("GBP").open_sale(database, Given(units=20), SystemClock().now().timestamp() + 60)

    point = await observer.look(database, UUID(facts.id), at=1.5)

    assert (point.at, point.left, point.held, point.sold) == (1.5, 20, 0, 0)
