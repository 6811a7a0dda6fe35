"""The gateway's list against the books: what was charged is booked, the other way round too, and the rest is told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from doorbuster.shop.reconciling import Reconciliation
from tests.rooms.shop.books import Books
from tests.rooms.shop.conftest import Scene
from tests.rooms.shop.provider import Provider, payment, provider_at

ALL_GONE = """
WITH pools AS (UPDATE stock_pools SET on_hand = held + sold WHERE sale_id IS NOT NULL
               RETURNING id, on_hand - (SELECT units FROM sale_items WHERE pool_id = stock_pools.id) AS delta)
INSERT INTO stock_movements (pool_id, kind, on_hand_delta) SELECT id, 'adjusted', delta FROM pools
"""


@pytest.fixture
async def provider(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider_at(tmp_path) as opened:
        await opened.misbehave("no_delivery")
        yield opened


@pytest.fixture
async def books(scene: Scene, provider: Provider) -> Books:
    await scene.open_sale()
    return Books(scene, provider)


def kinds(done: Reconciliation) -> list[tuple[str, bool]]:
    return [(each.kind, each.mended) for each in done.discrepancies]


async def test_a_charge_whose_callback_never_came_buys_its_unit(books: Books) -> None:
    await books.charge(await books.scene.ordered())
    done = await books.reconcile()
    assert kinds(done) == [("charged_not_booked", True)]
    assert await books.scene.value("SELECT state FROM orders") == "paid"
    assert done.complete
    await books.scene.books_balance()


async def test_a_charge_that_came_too_late_goes_back(books: Books) -> None:
    order = await books.scene.ordered()
    await books.scene.sql("UPDATE holds SET expires_at = now() - interval '1 second'")
    await books.scene.sql("SELECT expire_holds(10, NULL)")
    await books.scene.sql(ALL_GONE)
    await books.charge(order)
    assert kinds(await books.reconcile()) == [("charged_not_booked", True)]
    assert await books.scene.value("SELECT state FROM payments") == "refund_due"
    assert await books.scene.value("SELECT count(*) FROM outbox WHERE kind = 'refund'") == 1


async def test_a_charge_that_was_booked_is_no_disagreement(books: Books) -> None:
    await books.paid()
    done = await books.reconcile()
    assert (kinds(done), done.events, done.booked) == ([], 1, 1)


async def test_the_same_disagreement_is_found_once(books: Books) -> None:
    await books.charge(await books.scene.ordered())
    await books.reconcile()
    assert kinds(await books.reconcile()) == []
    assert await books.scene.value("SELECT count(*) FROM discrepancies") == 1


async def test_a_young_charge_is_left_to_its_callback(books: Books) -> None:
    await books.charge(await books.scene.ordered())
    assert kinds(await books.reconcile(after=timedelta(0))) == []
    assert await books.scene.value("SELECT state FROM orders") == "awaiting_payment"


async def test_an_order_booked_as_paid_that_was_never_charged_is_told_to_the_operators(books: Books) -> None:
    order = await books.scene.ordered()
    await books.scene.sql("UPDATE payments SET state = 'captured', captured_at = now(), gateway_ref = 'pi_invented'")
    assert kinds(await books.reconcile()) == [("booked_not_charged", False)]
    assert books.told == [("payment.discrepancy", f"payment:{order.payment_id}")]


async def test_money_for_a_payment_that_is_not_in_the_books_is_told_to_the_operators(books: Books) -> None:
    page = await books.provider.gateway.open_checkout(payment())
    await books.provider.choose(page.url, "approve")
    assert kinds(await books.reconcile()) == [("charged_for_nobody", False)]
    assert [verb for verb, _ in books.told] == ["payment.discrepancy"]


async def test_money_of_another_amount_never_counts_as_paid(books: Books) -> None:
    await books.provider.misbehave("no_delivery,wrong_amount")
    await books.charge(await books.scene.ordered())
    assert kinds(await books.reconcile()) == [("charged_another_amount", False)]
    assert await books.scene.value("SELECT state FROM orders") == "awaiting_payment"


async def test_more_events_than_a_run_may_read_are_read_in_shorter_times(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorbuster.shop.hosted_checkout.EVENTS_PAGE", 1)
    monkeypatch.setattr("doorbuster.shop.reconciling.PAGES_MAX", 3)
    for shopper in ("ada", "bob", "cyd", "dan", "eve"):
        await books.charge(await books.scene.ordered(shopper, email=f"{shopper}@example.com"))
    runs = [await books.reconcile()]
    while not runs[-1].complete:
        assert len(runs) < 100
        runs.append(await books.reconcile())
    assert await books.scene.value("SELECT count(*) FROM orders WHERE state = 'paid'") == 5
