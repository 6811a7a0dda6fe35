"""Placing an order from a hold or a cart: what is answered, and what is written."""

import asyncio
from dataclasses import replace

import pytest

from doorbuster.money import Money
from doorbuster.shop.answers import (
    AlreadyOrdered,
    CartEmpty,
    HoldGone,
    KeyReused,
    LimitReached,
    NoDelivery,
    NotYours,
    OutOfStock,
    Placed,
    PriceChanged,
    Replayed,
)
from doorbuster.shop.carts import open_cart
from doorbuster.shop.placing import HOLD_SECONDS_MAX, Placing, place_orders
from tests.rooms.shop.conftest import HOME, Scene, pounds, wish


async def test_a_hold_becomes_an_order_that_waits_for_its_payment(scene: Scene) -> None:
    await scene.open_sale(units=5, price=999)
    answer = await scene.place(wish(hold_id=await scene.hold()))
    assert isinstance(answer, Placed)
    assert answer.order.state == "awaiting_payment"
    assert answer.order.total == Money(999 + 395, "GBP")
    assert await scene.value("SELECT state FROM holds") == "paying"
    assert await scene.pool() == (5, 1, 0)
    await scene.books_balance()


async def test_totals_and_the_tax_inside_them_are_frozen(scene: Scene) -> None:
    await scene.open_sale(price=1_200)
    order = await scene.ordered()
    row = (await scene.sql("SELECT items_amount, shipping_amount, tax_amount, total_amount FROM orders"))[0]
    assert tuple(row) == (1_200, 395, 200 + 66, 1_595)
    assert await scene.value("SELECT amount FROM payments WHERE id = $1", order.payment_id) == 1_595


async def test_no_tax_is_charged_on_an_export(scene: Scene) -> None:
    await scene.open_sale()
    await scene.ordered(address=replace(HOME, country="JP"))
    assert await scene.value("SELECT tax_amount FROM orders") == 0


async def test_the_same_request_is_answered_with_the_same_order(scene: Scene) -> None:
    await scene.open_sale()
    asked = wish(hold_id=await scene.hold())
    first = await scene.place(asked)
    again = await scene.place(replace(asked, order_id=wish().order_id, payment_id=wish().payment_id))
    assert isinstance(first, Placed)
    assert again == Replayed(first.order)
    assert await scene.value("SELECT count(*) FROM orders") == 1


async def test_a_key_that_was_used_for_another_request_is_refused(scene: Scene) -> None:
    await scene.open_sale()
    asked = wish(hold_id=await scene.hold())
    await scene.place(asked)
    assert await scene.place(replace(asked, request_hash=b"another")) == KeyReused()


async def test_a_second_key_for_the_same_hold_leads_to_its_order(scene: Scene) -> None:
    await scene.open_sale()
    hold = await scene.hold()
    first = await scene.place(wish(hold_id=hold))
    assert isinstance(first, Placed)
    assert await scene.place(wish(hold_id=hold)) == AlreadyOrdered(first.order)


async def test_a_hold_of_somebody_else_is_not_found(scene: Scene) -> None:
    await scene.open_sale()
    assert await scene.place(wish("eve", hold_id=await scene.hold("ada"))) == NotYours()


async def test_a_hold_whose_time_is_over_cannot_be_ordered(scene: Scene) -> None:
    await scene.open_sale()
    hold = await scene.hold()
    await scene.sql("UPDATE holds SET expires_at = now() - interval '1 second'")
    assert await scene.place(wish(hold_id=hold)) == HoldGone("expired")
    assert await scene.value("SELECT count(*) FROM orders") == 0


async def test_one_mailbox_gets_no_more_than_the_limit_however_it_is_spelt(scene: Scene) -> None:
    await scene.open_sale(limit=1)
    await scene.ordered("ada", email="Ada.Lovelace@gmail.com")
    answer = await scene.place(wish("eve", hold_id=await scene.hold("eve"), email="adalovelace+2@googlemail.com"))
    assert answer == LimitReached(1)
    await scene.books_balance()


async def test_one_bad_wish_does_not_spoil_its_batch(scene: Scene) -> None:
    await scene.open_sale()
    good, bad = await scene.hold("ada"), await scene.hold("eve")
    answers = await place_orders(scene.database, [wish("mallory", hold_id=bad), wish("ada", hold_id=good)], "hosted")
    assert answers[0] == NotYours()
    assert isinstance(answers[1], Placed)


async def test_a_hundred_buyers_at_once_get_an_order_each_in_few_statements(scene: Scene) -> None:
    await scene.open_sale(units=100)
    holds = {f"b{n}": await scene.hold(f"b{n}") for n in range(100)}
    workers = [Placing(scene.database, "hosted") for _ in range(3)]
    answers = await asyncio.gather(
        *[workers[n % 3].place(wish(who, hold_id=hold)) for n, (who, hold) in enumerate(holds.items())]
    )
    assert all(isinstance(answer, Placed) for answer in answers)
    assert await scene.value("SELECT count(DISTINCT number) FROM orders") == 100
    await scene.books_balance()


async def test_a_double_click_on_two_workers_makes_one_order(scene: Scene) -> None:
    await scene.open_sale()
    asked = wish(hold_id=await scene.hold())
    workers = [Placing(scene.database, "hosted") for _ in range(4)]
    answers = await asyncio.gather(*[worker.place(asked) for worker in workers for _ in range(3)])
    assert sorted(type(answer).__name__ for answer in answers) == ["Placed"] + ["Replayed"] * 11
    assert await scene.value("SELECT count(*) FROM orders") == 1


async def test_a_cart_becomes_an_order_that_holds_every_line(scene: Scene) -> None:
    await scene.stock("mug", 10, price=800)
    await scene.stock("pot", 3, price=2_500)
    answer = await scene.place(wish(cart_id=await scene.cart(mug=2, pot=1)))
    assert isinstance(answer, Placed)
    assert answer.order.total == Money(800 * 2 + 2_500 + 395, "GBP")
    assert await scene.pool("mug", of_sale=False) == (10, 2, 0)
    await scene.books_balance()


async def test_a_cart_with_a_line_that_lacks_stock_takes_nothing_and_names_the_line(scene: Scene) -> None:
    await scene.stock("mug", 10)
    await scene.stock("pot", 3)
    assert await scene.place(wish(cart_id=await scene.cart(mug=2, pot=4))) == OutOfStock("pot", 3)
    assert await scene.pool("mug", of_sale=False) == (10, 0, 0)
    assert await scene.value("SELECT count(*) FROM holds") == 0


async def test_delivery_is_free_from_the_methods_limit(scene: Scene) -> None:
    await scene.stock("sofa", 10, price=5_000)
    answer = await scene.place(wish(cart_id=await scene.cart(sofa=1)))
    assert isinstance(answer, Placed)
    assert answer.order.total == Money(5_000, "GBP")


async def test_an_empty_cart_and_a_foreign_cart_cannot_be_ordered(scene: Scene) -> None:
    assert await scene.place(wish(cart_id=await scene.cart("ada"))) == CartEmpty()
    assert await scene.place(wish("eve", cart_id=await scene.cart("bob"))) == NotYours()


async def test_a_total_that_is_not_the_one_shown_is_refused(scene: Scene) -> None:
    await scene.stock("mug", 10, price=800)
    cart = await scene.cart(mug=1)
    assert await scene.place(wish(cart_id=cart, expected_total=Money(800, "GBP"))) == PriceChanged(Money(1_195, "GBP"))
    assert isinstance(await scene.place(wish(cart_id=cart, expected_total=Money(1_195, "GBP"))), Placed)


async def test_a_country_that_nothing_delivers_to_is_named(scene: Scene) -> None:
    await scene.stock("mug", 10)
    await scene.sql("UPDATE shipping_methods SET countries = '{GB}'")
    cart = await scene.cart(mug=1)
    assert await scene.place(wish(cart_id=cart, address=replace(HOME, country="FR"))) == NoDelivery("FR")


async def test_twenty_carts_after_the_last_ten_units_never_oversell(scene: Scene) -> None:
    await scene.stock("mug", 10)
    carts = {f"b{n}": await scene.cart(f"b{n}", mug=1) for n in range(20)}
    answers = await asyncio.gather(*[scene.place(wish(who, cart_id=cart)) for who, cart in carts.items()])
    assert sum(isinstance(answer, Placed) for answer in answers) == 10
    assert sum(answer == OutOfStock("mug", 0) for answer in answers) == 10
    await scene.books_balance()


@pytest.mark.parametrize("age_seconds", [0, HOLD_SECONDS_MAX - 90])
async def test_paying_lengthens_a_hold_and_not_for_ever(scene: Scene, age_seconds: int) -> None:
    await scene.open_sale()
    hold = await scene.hold()
    aged = "UPDATE holds SET expires_at = now() + interval '5 seconds', created_at = now() - make_interval(secs => $1)"
    await scene.sql(aged, float(age_seconds))
    assert isinstance(await scene.place(wish(hold_id=hold)), Placed)
    left, lasts = (
        await scene.sql("SELECT expires_at > now() + interval '1 minute', expires_at - created_at FROM holds")
    )[0]
    assert left
    assert lasts.total_seconds() <= HOLD_SECONDS_MAX


async def test_after_an_order_the_next_thing_goes_into_a_new_cart(scene: Scene) -> None:
    await scene.stock("mug", 5)
    cart = await scene.cart(mug=1)
    await scene.place(wish(cart_id=cart))
    assert await open_cart(scene.database, "s:ada") is None


@pytest.mark.parametrize("country", ["GB", "JP", "DE", "US"])
@pytest.mark.parametrize(("price", "quantity"), [(999, 1), (1, 3), (123_457, 2), (5_000, 1)])
async def test_an_order_is_the_same_whether_it_was_placed_at_once_or_after_a_closer_look(
    scene: Scene, country: str, price: int, quantity: int
) -> None:
    """Of two orders of one address in a batch the first is placed at once, the second looked at closely."""
    await scene.open_sale(units=20, limit=6, price=price)
    holds = [await scene.hold(who, quantity=quantity) for who in ("ada", "bob")]
    address = replace(HOME, country=country)
    wishes = [
        wish(who, hold_id=hold, address=address, email="same@example.com")
        for who, hold in zip(("ada", "bob"), holds, strict=True)
    ]

    answers = await place_orders(scene.database, wishes, "hosted")

    assert [type(answer) for answer in answers] == [Placed, Placed]
    facts = "items_amount, shipping_amount, tax_amount, total_amount, shipping_method, currency, state, source, sale_id"
    lines = "variant_id, pool_id, sku, title, quantity, unit_price, tax_points, tax_amount, position"
    assert len(await scene.sql(f"SELECT DISTINCT {facts} FROM orders")) == 1
    assert len(await scene.sql(f"SELECT DISTINCT {lines} FROM order_lines")) == 1
    assert len(await scene.sql("SELECT DISTINCT amount, currency, state, gateway FROM payments")) == 1
    assert len(await scene.sql("SELECT DISTINCT state, email_key FROM holds")) == 1
    await scene.books_balance()


async def test_a_batch_of_everything_answers_everybody_in_their_place(scene: Scene) -> None:
    await scene.open_sale(units=20, limit=1)
    mine = {who: await scene.hold(who) for who in ("ada", "bob", "cy", "dora", "eve")}
    before = wish("ada", hold_id=mine["ada"])
    await scene.place(before)
    wishes = [
        before,
        wish("bob", hold_id=mine["bob"]),
        wish("cy", hold_id=mine["dora"]),
        wish("dora", hold_id=mine["dora"], expected_total=pounds(1)),
        wish("eve", hold_id=mine["eve"], email="ada@example.com"),
        wish("cy", hold_id=mine["cy"]),
    ]

    answers = await place_orders(scene.database, wishes, "hosted")

    told = [type(answer) for answer in answers]
    assert told == [Replayed, Placed, NotYours, PriceChanged, LimitReached, Placed]
    await scene.books_balance()


async def test_paying_lengthens_a_hold_to_its_utmost_and_no_further_at_once_or_after_a_closer_look(
    scene: Scene,
) -> None:
    await scene.open_sale(units=20, limit=6)
    holds = [await scene.hold(who) for who in ("ada", "bob")]
    # Held almost as long as a hold may last, and about to end.
    await scene.sql(
        "UPDATE holds SET created_at = now() - make_interval(secs => $1), expires_at = now() + interval '20 seconds'",
        float(HOLD_SECONDS_MAX - 100),
    )
    wishes = [wish(who, hold_id=hold, email="one@example.com") for who, hold in zip(("ada", "bob"), holds, strict=True)]

    await place_orders(scene.database, wishes, "hosted")

    left = await scene.sql("SELECT extract(epoch FROM expires_at - created_at)::float AS lasts FROM holds")
    assert [row["lasts"] for row in left] == [HOLD_SECONDS_MAX, HOLD_SECONDS_MAX]
