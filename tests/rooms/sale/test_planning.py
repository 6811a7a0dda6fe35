"""The life of a sale: units come out of the shop's stock, edits have defined effects, leftovers go home."""

from datetime import UTC, datetime, timedelta

import pytest

from doorbuster.database import Database
from doorbuster.sale import answers, planning
from doorbuster.sale.expiry import sweep
from doorbuster.sale.planning import Done, NewItem, Refused, SaleEdit, create_sale
from doorbuster.sale.sales import list_sales, live_sales
from doorbuster.stock.pools import pool_of_variant
from tests.rooms.sale.market import Counter, ledger_of, opened, plan, product, statement

HOUR = timedelta(hours=1)
CLOSE_NOW = statement("UPDATE sales SET closes_at = now() - interval '1 second' WHERE id = :id")


async def test_a_sale_takes_its_units_out_of_the_shops_stock(database: Database) -> None:
    variant_id = await product(database, units=30)

    done = await create_sale(database, plan(units=10))

    shop_pool = await pool_of_variant(database, variant_id)
    assert isinstance(done, Done)
    assert shop_pool is not None
    assert (done.sale.units, shop_pool.on_hand) == (10, 20)
    assert await ledger_of(database, shop_pool.id) == (20, 0, 0)
    assert await ledger_of(database, done.sale.items[0].pool_id) == (10, 0, 0)


WRONG = [
    ({"items": []}, "sku"),
    ({"items": [NewItem(sku="NOBODY", units=1, price=1)]}, "sku"),
    ({"items": [NewItem(sku="LAMP", units=1, price=1)] * 2}, "sku"),
    ({"items": [NewItem(sku="LAMP", units=1001, price=1)]}, "units"),
    ({"items": [NewItem(sku="LAMP", units=-1, price=1)]}, "units"),
    ({"items": [NewItem(sku="LAMP", units=1, price=-1)]}, "price"),
    ({"closes_at": datetime.now(UTC) - HOUR}, "closes_at"),
    ({"handle": "Not A Slug"}, "handle"),
    ({"hold_seconds": 1}, "hold_seconds"),
    ({"limit_per_customer": 0}, "limit_per_customer"),
    ({"currency": "pounds"}, "currency"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG, ids=lambda value: str(value)[:40])
async def test_a_wrong_plan_is_refused_by_field_and_moves_nothing(
    database: Database, changes: dict[str, object], field: str
) -> None:
    variant_id = await product(database)

    refused = await create_sale(database, plan(**changes))

    assert isinstance(refused, Refused)
    assert list(refused.mistakes) == [field]
    shop_pool = await pool_of_variant(database, variant_id)
    assert shop_pool is not None
    assert shop_pool.on_hand == 1000


async def test_two_sales_cannot_have_one_address(database: Database) -> None:
    await opened(database)

    refused = await create_sale(database, plan())

    assert refused == Refused({"handle": "another sale has this address already"})


async def test_a_new_price_counts_for_the_next_claim_and_spares_holds_already_given(database: Database) -> None:
    counter = Counter(database, await opened(database))
    first = await counter.ask("ada")
    await planning.edit_sale(database, counter.sale.id, SaleEdit(prices={"LAMP": 2500}))
    second = await counter.ask("grace")
    again = await counter.ask("ada")

    assert isinstance(first, answers.Held)
    assert isinstance(second, answers.Held)
    assert (first.hold.unit_price, second.hold.unit_price) == (1999, 2500)
    assert again == answers.Replayed(first.hold)


async def test_units_can_be_added_to_a_live_sale_and_taken_back_down_to_what_is_promised(database: Database) -> None:
    counter = Counter(database, await opened(database, units=5))
    for who in ("ada", "grace"):
        await counter.ask(who)

    more = await planning.edit_sale(database, counter.sale.id, SaleEdit(units={"LAMP": 8}))
    fewer = await planning.edit_sale(database, counter.sale.id, SaleEdit(units={"LAMP": 2}))
    too_few = await planning.edit_sale(database, counter.sale.id, SaleEdit(units={"LAMP": 1}))

    assert isinstance(more, Done)
    assert more.sale.left == 6
    assert isinstance(fewer, Done)
    assert fewer.sale.left == 0
    assert isinstance(too_few, Refused)
    assert "2 units of LAMP are held or sold" in too_few.mistakes["units"]


async def test_the_opening_of_an_open_sale_cannot_be_moved(database: Database) -> None:
    sale = await opened(database)

    refused = await planning.edit_sale(database, sale.id, SaleEdit(opens_at=datetime.now(UTC) + HOUR))

    assert isinstance(refused, Refused)
    assert list(refused.mistakes) == ["opens_at"]


async def test_leftovers_go_home_when_the_sale_is_over_and_nothing_is_held(database: Database) -> None:
    counter = Counter(database, await opened(database, units=10))
    answer = await counter.ask("ada")
    assert isinstance(answer, answers.Held)
    await planning.end_sale(database, counter.sale.id)

    await sweep(database)
    while_held = await counter.now()
    await database.execute(
        statement("UPDATE holds SET expires_at = now() - interval '1 second' WHERE id = :id"), id=answer.hold.id
    )
    await sweep(database)
    finished = await counter.now()

    shop_pool = await pool_of_variant(database, counter.sale.items[0].variant_id)
    assert while_held.leftovers_returned_at is None
    assert finished.leftovers_returned_at is not None
    assert shop_pool is not None
    assert shop_pool.on_hand == 1000
    assert await ledger_of(database, counter.sale.items[0].pool_id) == (0, 0, 0)


async def test_a_sale_that_nobody_ended_is_finished_after_its_closing_time(database: Database) -> None:
    counter = Counter(database, await opened(database))
    await database.execute(
        statement("UPDATE sales SET opens_at = now() - interval '2 hours', closes_at = now() - interval '1 second'")
    )

    await sweep(database)

    sale = await counter.now()
    assert (sale.state, sale.units) == ("over", 0)
    assert sale.ended_at == sale.closes_at


async def test_changes_that_do_not_fit_the_state_are_refused(database: Database) -> None:
    sale = await opened(database)
    await planning.end_sale(database, sale.id)

    for verb in (planning.pause_sale, planning.resume_sale, planning.end_sale):
        assert isinstance(await verb(database, sale.id), Refused)


async def test_live_sales_are_those_that_shoppers_may_come_for(database: Database) -> None:
    sale = await opened(database)
    assert [live.handle for live in await live_sales(database)] == ["lamps"]

    await planning.end_sale(database, sale.id)
    await sweep(database)

    assert await live_sales(database) == []
    assert [listed.handle for listed in await list_sales(database)] == ["lamps"]
