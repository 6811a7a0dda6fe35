"""What the provider does by itself: refunds at its dashboard, refunds that a bank sends back, disputes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from doorbuster.clock import new_id
from doorbuster.shop.answers import PlacedOrder
from doorbuster.shop.discrepancies import close_discrepancy
from doorbuster.shop.payments import News, NewsKind, Refunded
from doorbuster.shop.returning import RefundAsked, ask_refund, complete_refund, retry_refund
from doorbuster.shop.settling import payment_of
from tests.rooms.shop.books import Books
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import Provider, eventually, provider_at

WHOLE = 999 + 395
"""The lamp and its delivery."""


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider_at(tmp_path) as opened:
        yield opened


@pytest.fixture
async def books(scene: Scene, provider: Provider) -> Books:
    await scene.open_sale(units=3, limit=3)
    return Books(scene, provider)


async def charge_of(books: Books, order: PlacedOrder) -> str:
    reference: str = await books.scene.value("SELECT gateway_ref FROM payments WHERE order_id = $1", order.order_id)
    return reference


async def news(books: Books, order: PlacedOrder, kind: NewsKind = "refunded", amount: int = 300) -> News:
    charge = await charge_of(books, order)
    return News(
        id="evt", gateway="hosted", kind=kind, reference="re_1", gateway_ref=charge, amount=amount, currency="GBP"
    )


async def refunds(books: Books) -> list[tuple[str, int]]:
    return [tuple(row) for row in await books.scene.sql("SELECT state, amount FROM refunds ORDER BY id")]


async def refunded_by_us(books: Books, order: PlacedOrder) -> RefundAsked:
    """All of an order's money, asked for by a merchant and given back by the provider."""
    asked = await ask_refund(books.scene.database, order.order_id, None, "as you wish", False)
    assert isinstance(asked, RefundAsked)
    owed = await payment_of(books.scene.database, order.payment_id)
    assert owed is not None
    given = await books.provider.gateway.refund(owed, owed.amount, asked.refund_id)
    assert isinstance(given, Refunded)
    await complete_refund(books.scene.database, asked.refund_id, given.reference)
    return asked


async def test_a_refund_made_at_the_dashboard_is_in_the_books(books: Books) -> None:
    order = await books.paid()
    await books.provider.command("/v1/refunds", payment_intent=await charge_of(books, order), amount="300")
    done = await books.reconcile()
    assert [(each.kind, each.mended) for each in done.discrepancies] == [("refunded_elsewhere", True)]
    assert await refunds(books) == [("done", 300)]
    await books.scene.books_balance()


async def test_all_the_money_given_back_at_the_dashboard_makes_the_order_refunded(books: Books) -> None:
    order = await books.paid()
    await books.provider.command("/v1/refunds", payment_intent=await charge_of(books, order))
    await books.reconcile()
    assert await books.scene.value("SELECT state FROM orders") == "refunded"
    assert await books.scene.value("SELECT count(*) FROM outbox WHERE kind = 'order_refunded'") == 1
    await books.scene.books_balance()


async def test_a_refund_is_booked_once_however_often_it_is_told(books: Books) -> None:
    told = await news(books, await books.paid())
    await books.take(told, told, replace(told, id="evt_again"))
    assert await refunds(books) == [("done", 300)]


async def test_the_news_of_our_own_refund_are_no_second_one(books: Books) -> None:
    await refunded_by_us(books, await books.paid())
    assert (await books.reconcile()).discrepancies == ()
    assert await refunds(books) == [("done", WHOLE)]
    await books.scene.books_balance()


async def test_the_news_of_our_own_refund_book_it_when_the_answer_got_lost(books: Books) -> None:
    order = await books.paid()
    asked = await ask_refund(books.scene.database, order.order_id, 300, "as you wish", False)
    assert isinstance(asked, RefundAsked)
    told = await news(books, order)
    await books.take(replace(told, refund_id=asked.refund_id))
    assert await refunds(books) == [("done", 300)]
    await books.scene.books_balance()


async def test_more_given_back_than_was_left_is_told_to_the_operators(books: Books) -> None:
    order = await books.paid()
    assert isinstance(await ask_refund(books.scene.database, order.order_id, 1_200, "half broken", False), RefundAsked)
    await books.take(await news(books, order))
    assert books.told == [("payment.discrepancy", "payment:re_1")]
    assert await refunds(books) == [("due", 1_200)]


async def test_a_refused_refund_that_was_then_made_at_the_dashboard_is_the_same_debt(books: Books) -> None:
    order = await books.paid()
    asked = await ask_refund(books.scene.database, order.order_id, 300, "half broken", False)
    assert isinstance(asked, RefundAsked)
    await books.scene.sql("UPDATE refunds SET state = 'failed', failure = 'no'")
    await books.take(await news(books, order))
    assert await refunds(books) == [("done", 300)]
    await books.scene.books_balance()


async def test_a_refund_that_the_bank_sent_back_is_owed_again_and_can_be_tried_again(books: Books) -> None:
    order = await books.paid()
    await books.provider.misbehave("returned_refunds")
    asked = await refunded_by_us(books, order)
    await books.reconcile()
    assert await refunds(books) == [("failed", WHOLE)]
    assert ("refund.failed", f"order:{order.number}") in books.told
    await books.scene.books_balance()

    assert await retry_refund(books.scene.database, order.order_id, asked.refund_id)
    await complete_refund(books.scene.database, asked.refund_id, "re_second")
    assert await books.scene.value("SELECT state FROM payments") == "refunded"
    await books.reconcile()
    assert await refunds(books) == [("done", WHOLE)], "old news change nothing"
    await books.scene.books_balance()


async def test_a_refund_and_its_failure_may_be_told_in_any_order(books: Books) -> None:
    order = await books.paid()
    made, failed = await news(books, order), await news(books, order, "refund_failed")
    for number, told in enumerate(permutations((made, failed, failed))):
        await books.take(*(replace(each, reference=f"re_{number}", amount=10 + number) for each in told))
    assert [row["state"] for row in await books.scene.sql("SELECT DISTINCT state FROM refunds")] in ([], ["failed"])
    assert await books.scene.value("SELECT refunded_amount FROM payments") == 0
    await books.scene.books_balance()


async def test_a_dispute_is_told_once_and_closed_when_it_is_won(books: Books) -> None:
    order = await books.paid()
    charge = await charge_of(books, order)
    await books.provider.command("/test/disputes", payment_intent=charge)
    done = await books.reconcile()
    assert [each.kind for each in done.discrepancies] == ["disputed"]
    assert f"order {order.number}" in done.discrepancies[0].detail
    await books.provider.command("/test/disputes", payment_intent=charge, status="won")
    assert (await books.reconcile()).discrepancies == ()
    assert await books.scene.value("SELECT count(*) FROM discrepancies WHERE closed_at IS NULL") == 0


async def test_a_lost_dispute_stays_open_until_an_operator_closes_it(books: Books) -> None:
    await books.take(await news(books, await books.paid(), "dispute_lost", WHOLE))
    found = await books.scene.value("SELECT id FROM discrepancies WHERE closed_at IS NULL")
    assert await close_discrepancy(books.scene.database, found, "mia", "written off")
    assert not await close_discrepancy(books.scene.database, found, "mia", "again")


async def test_news_of_money_that_is_not_in_the_books_change_nothing(books: Books) -> None:
    stranger = await news(books, await books.paid())
    await books.take(replace(stranger, gateway_ref="pi_of_somebody_else"), replace(stranger, refund_id=new_id()))
    assert await refunds(books) == [("done", 300)]


async def test_callbacks_of_refunds_and_disputes_are_read(books: Books) -> None:
    order = await books.paid()
    charge = await charge_of(books, order)
    books.provider.door.calls.clear()
    await books.provider.command("/v1/refunds", payment_intent=charge, amount="1")
    await books.provider.command("/test/disputes", payment_intent=charge)
    await eventually(lambda: len(books.provider.door.calls) == 2)
    told = [each for each in books.provider.told() if isinstance(each, News)]
    assert {(each.kind, each.amount, each.gateway_ref) for each in told} == {
        ("refunded", 1, charge),
        ("disputed", WHOLE, charge),
    }
