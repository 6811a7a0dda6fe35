"""Cancelling, refunding and sending orders: units and money go back where they came from, once."""

from doorbuster.shop.answers import Placed
from doorbuster.shop.orders import order_by_id
from doorbuster.shop.returning import (
    Cancelled,
    Fulfilled,
    NotPossible,
    RefundAsked,
    TooMuch,
    ask_refund,
    cancel_order,
    complete_refund,
    fulfil_order,
)
from tests.rooms.shop.conftest import Scene, event, wish


async def paid(scene: Scene) -> Placed:
    await scene.stock("mug", 10, price=800)
    answer = await scene.place(wish(cart_id=await scene.cart(mug=2)))
    assert isinstance(answer, Placed)
    await scene.told(event(answer.order))
    return answer


async def test_cancelling_an_unpaid_order_gives_its_units_back(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    assert await cancel_order(scene.database, order.order_id, "changed my mind") == Cancelled(refunding=False)
    assert await scene.pool() == (5, 0, 0)
    assert await scene.value("SELECT state FROM payments") == "cancelled"
    assert await cancel_order(scene.database, order.order_id, "again") == NotPossible("cancelled")
    await scene.books_balance()


async def test_money_for_a_cancelled_order_goes_back(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await cancel_order(scene.database, order.order_id, "changed my mind")
    assert [s.answer for s in await scene.told(event(order))] == ["sent_back"]
    assert await scene.pool() == (5, 0, 0)
    await scene.books_balance()


async def test_cancelling_a_paid_order_sends_its_money_back_and_restocks_its_units(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order))
    assert await cancel_order(scene.database, order.order_id, "wrong colour") == Cancelled(refunding=True)
    assert await scene.pool() == (5, 0, 0)
    assert await scene.value("SELECT state FROM payments") == "refund_due"
    refund = await scene.value("SELECT id FROM refunds")
    assert await complete_refund(scene.database, refund, "re_1")
    assert not await complete_refund(scene.database, refund, "re_1")
    found = await order_by_id(scene.database, order.order_id)
    assert found is not None
    assert found.payment is not None
    assert (found.state, found.payment.state, found.payment.refunded) == ("refunded", "refunded", order.total)
    await scene.books_balance()


async def test_a_part_can_be_refunded_and_never_more_than_was_paid(scene: Scene) -> None:
    order = (await paid(scene)).order
    first = await ask_refund(scene.database, order.order_id, 500, "scratched", restock=False)
    assert isinstance(first, RefundAsked)
    assert first.remaining == order.total.amount - 500
    assert await ask_refund(scene.database, order.order_id, order.total.amount, "all", restock=False) == TooMuch(
        order.total.amount - 500
    )
    await complete_refund(scene.database, first.refund_id, "re_1")
    assert await scene.value("SELECT state FROM orders") == "paid"
    rest = await ask_refund(scene.database, order.order_id, None, "all the rest", restock=True)
    assert isinstance(rest, RefundAsked)
    await complete_refund(scene.database, rest.refund_id, "re_2")
    assert await scene.value("SELECT state FROM orders") == "refunded"
    assert await scene.pool("mug", of_sale=False) == (10, 0, 0)
    await scene.books_balance()


async def test_what_was_never_paid_cannot_be_refunded(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    assert isinstance(await ask_refund(scene.database, order.order_id, 1, "?", restock=False), NotPossible)


async def test_units_leave_the_house_with_the_parcel(scene: Scene) -> None:
    order = (await paid(scene)).order
    assert await fulfil_order(scene.database, order.order_id, "RM123GB") == Fulfilled()
    assert await scene.pool("mug", of_sale=False) == (8, 0, 0)
    assert await scene.value("SELECT tracking FROM orders") == "RM123GB"
    assert await fulfil_order(scene.database, order.order_id, None) == NotPossible("fulfilled")
    assert await cancel_order(scene.database, order.order_id, "too late") == NotPossible("fulfilled")
    await scene.books_balance()


async def test_goods_that_came_back_are_put_on_the_shelf_again(scene: Scene) -> None:
    order = (await paid(scene)).order
    await fulfil_order(scene.database, order.order_id, None)
    await ask_refund(scene.database, order.order_id, None, "sent back", restock=True)
    assert await scene.pool("mug", of_sale=False) == (10, 0, 0)
    await scene.books_balance()


async def test_an_unpaid_order_is_not_sent(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    assert await fulfil_order(scene.database, order.order_id, None) == NotPossible("awaiting_payment")


async def test_units_that_are_for_sale_again_are_not_sent(scene: Scene) -> None:
    order = (await paid(scene)).order
    await ask_refund(scene.database, order.order_id, 500, "does not want it", restock=True)
    assert await fulfil_order(scene.database, order.order_id, None) == NotPossible("restocked")
    await scene.books_balance()


async def test_an_order_whose_money_goes_back_is_not_sent(scene: Scene) -> None:
    order = (await paid(scene)).order
    await ask_refund(scene.database, order.order_id, None, "changed my mind", restock=False)
    assert await fulfil_order(scene.database, order.order_id, None) == NotPossible("being_refunded")
    await scene.books_balance()
