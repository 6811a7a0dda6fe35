"""What becomes of a payment: paid, declined, late, twice, of another amount."""

import asyncio

from doorbuster.money import Money
from doorbuster.sale.answers import LimitReached
from doorbuster.sale.expiry import sweep
from doorbuster.sale.holds import Caller, Claim, claim_batch
from doorbuster.shop.answers import HoldGone, NothingToPay, Placed
from doorbuster.shop.placing import Placing
from doorbuster.shop.settling import Settling
from tests.rooms.shop.conftest import Scene, event, wish

PAID_TWICE = "SELECT count(*) FROM payments WHERE state = 'captured'"


async def jobs_of(scene: Scene) -> list[str]:
    return [row["kind"] for row in await scene.sql("SELECT kind FROM outbox ORDER BY id")]


async def test_money_turns_a_hold_into_a_sale(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    (settlement,) = await scene.told(event(order))
    assert (settlement.answer, settlement.order_id) == ("settled", order.order_id)
    assert await scene.value("SELECT state FROM orders") == "paid"
    assert await scene.value("SELECT state FROM holds") == "sold"
    assert await scene.pool() == (5, 0, 1)
    assert await jobs_of(scene) == ["order_paid"]
    await scene.books_balance()


async def test_what_was_bought_counts_towards_the_limit(scene: Scene) -> None:
    sale = await scene.open_sale(limit=1)
    await scene.told(event(await scene.ordered()))
    (answer,) = await claim_batch(scene.database, [Claim(sale, scene.variants["lamp"], 1, Caller("s:ada", "x" * 20))])
    assert answer == LimitReached(1, 1)


async def test_late_money_beyond_the_limit_goes_back(scene: Scene) -> None:
    await scene.open_sale(limit=1)
    late = await scene.ordered()
    await scene.sql("UPDATE holds SET expires_at = now() - interval '1 second'")
    await sweep(scene.database)
    await scene.told(event(await scene.ordered(email="another@example.com")))
    (settlement,) = await scene.told(event(late))
    assert settlement.answer == "sent_back"
    await scene.books_balance()


async def test_another_amount_that_is_told_twice_is_told_to_the_operators_once(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    told = event(order, amount=Money(1, "GBP"))
    assert [s.answer for s in await scene.told(told, told)] == ["mismatch", "duplicate"]
    assert await jobs_of(scene) == ["payment_mismatch"]


async def test_an_event_delivered_twice_takes_effect_once(scene: Scene) -> None:
    await scene.open_sale()
    paid = event(await scene.ordered())
    assert [s.answer for s in await scene.told(paid, paid)] == ["settled", "duplicate"]
    assert [s.answer for s in await scene.told(paid)] == ["duplicate"]
    assert await scene.pool() == (5, 0, 1)


async def test_an_event_delivered_to_many_workers_at_once_takes_effect_once(scene: Scene) -> None:
    await scene.open_sale(units=30)
    orders = [await scene.ordered(f"b{n}") for n in range(20)]
    workers = [Settling(scene.database) for _ in range(4)]
    events = [event(order) for order in orders]
    settled = await asyncio.gather(*[worker.settle(each) for worker in workers for each in events])
    assert sorted({s.answer for s in settled}) == ["duplicate", "settled"]
    assert sum(s.answer == "settled" for s in settled) == 20
    assert await scene.pool() == (30, 0, 20)
    await scene.books_balance()


async def test_a_declined_payment_gives_the_hold_back_to_its_owner_to_try_again(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    (settlement,) = await scene.told(event(order, "failed"))
    assert settlement.answer == "not_paid"
    assert await scene.value("SELECT state FROM holds") == "held"
    assert await scene.value("SELECT failure FROM payments") == "declined"
    again = await Placing(scene.database, "hosted").pay_again(order.order_id)
    assert isinstance(again, Placed)
    assert again.order.payment_id != order.payment_id
    (settlement,) = await scene.told(event(again.order))
    assert settlement.answer == "settled"
    await scene.books_balance()


async def test_an_attempt_that_is_still_open_is_kept_when_the_shopper_tries_again(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    again = await Placing(scene.database, "hosted").pay_again(order.order_id)
    assert isinstance(again, Placed)
    assert again.order.payment_id == order.payment_id


async def test_nobody_pays_twice_for_one_order(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order))
    assert await Placing(scene.database, "hosted").pay_again(order.order_id) == NothingToPay()


async def test_a_payment_cannot_be_tried_again_when_the_units_are_gone(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order, "failed"))
    await scene.sql("UPDATE holds SET expires_at = now() - interval '1 second'")
    assert await Placing(scene.database, "hosted").pay_again(order.order_id) == HoldGone("expired")


async def test_a_decline_that_arrives_after_the_money_changes_nothing(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order))
    assert [s.answer for s in await scene.told(event(order, "failed"))] == ["duplicate"]
    assert await scene.value("SELECT state FROM orders") == "paid"


async def test_money_that_arrives_after_a_decline_still_buys_the_unit(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    answers = await scene.told(event(order, "failed"), event(order))
    assert [s.answer for s in answers] == ["not_paid", "settled"]
    await scene.books_balance()


async def test_late_money_finds_a_unit_again_if_one_is_left(scene: Scene) -> None:
    await scene.open_sale(units=2)
    order = await scene.ordered()
    await scene.sql("UPDATE holds SET expires_at = now() - interval '1 second'")
    await sweep(scene.database)
    assert await scene.pool() == (2, 0, 0)
    assert [s.answer for s in await scene.told(event(order))] == ["settled"]
    assert await scene.pool() == (2, 0, 1)
    await scene.books_balance()


async def test_late_money_goes_back_when_the_last_unit_is_gone(scene: Scene) -> None:
    await scene.open_sale(units=1)
    order = await scene.ordered("ada")
    await scene.sql("UPDATE holds SET expires_at = now() - interval '1 second'")
    await sweep(scene.database)
    await scene.sql("UPDATE stock_pools SET reopens_at = '-infinity'")
    await scene.told(event(await scene.ordered("eve")))
    assert [s.answer for s in await scene.told(event(order))] == ["sent_back"]
    assert await scene.value("SELECT state FROM orders WHERE id = $1", order.order_id) == "cancelled"
    assert await scene.value("SELECT state FROM payments WHERE id = $1", order.payment_id) == "refund_due"
    assert await jobs_of(scene) == ["order_paid", "refund", "order_cancelled"]
    assert await scene.pool() == (1, 0, 1)
    await scene.books_balance()


async def test_money_for_an_order_that_was_paid_by_another_attempt_goes_back(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order, "failed"))
    again = await Placing(scene.database, "hosted").pay_again(order.order_id)
    assert isinstance(again, Placed)
    assert [s.answer for s in await scene.told(event(again.order), event(order))] == ["settled", "sent_back"]
    assert await scene.value(PAID_TWICE) == 1
    assert await scene.value("SELECT state FROM orders") == "paid"


async def test_another_amount_never_counts_as_paid(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    answers = await scene.told(event(order, amount=Money(1, "GBP")), event(order, amount=Money(1_394, "EUR")))
    assert [s.answer for s in answers] == ["mismatch", "mismatch"]
    assert await scene.value("SELECT state FROM orders") == "awaiting_payment"
    assert await jobs_of(scene) == ["payment_mismatch", "payment_mismatch"]


async def test_an_event_about_no_payment_of_ours_is_told_apart(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    assert [s.answer for s in await scene.told(event(order, payment_id=wish().payment_id))] == ["unknown"]


async def test_a_hundred_buyers_hold_order_and_pay_without_drift(scene: Scene) -> None:
    await scene.open_sale(units=60)
    placing, settling = Placing(scene.database, "hosted"), Settling(scene.database)

    async def buy(n: int) -> str:
        order = await placing.place(wish(f"b{n}", hold_id=await scene.hold(f"b{n}")))
        assert isinstance(order, Placed)
        return (await settling.settle(event(order.order))).answer

    answers = await asyncio.gather(*[buy(n) for n in range(60)])
    assert answers == ["settled"] * 60
    assert await scene.pool() == (60, 0, 60)
    await scene.books_balance()
