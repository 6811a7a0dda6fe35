"""What of the money waits for a person: disagreements with the gateway, and refunds that it refused."""

from uuid import UUID, uuid4

import pytest

from doorbuster.shop.answers import PlacedOrder
from doorbuster.shop.discrepancies import Discrepancy, note_discrepancy
from doorbuster.shop.returning import RefundAsked, ask_refund, fail_refund
from tests.rooms.control.room import Room
from tests.rooms.shop.conftest import Scene, event

STRANGE = Discrepancy("disputed", "du_1", None, "the bank disputes £13.94 of order 7 (fraudulent)", mended=False)


@pytest.fixture
async def paid(scene: Scene) -> PlacedOrder:
    await scene.open_sale(units=5, limit=5)
    order = await scene.ordered("ada")
    await scene.told(event(order))
    return order


async def refused(scene: Scene, order: PlacedOrder) -> UUID:
    asked = await ask_refund(scene.database, order.order_id, 300, "scratched", False)
    assert isinstance(asked, RefundAsked)
    assert await fail_refund(scene.database, asked.refund_id, "the card was closed")
    return asked.refund_id


async def disagreement(scene: Scene) -> UUID:
    async def tell(*_: object) -> None:
        """Nobody listens."""

    await note_discrepancy(scene.database, "hosted", STRANGE, tell)
    found: UUID = await scene.value("SELECT id FROM discrepancies")
    return found


async def test_when_nothing_waits_the_page_says_so(room: Room) -> None:
    merchant = await room.enter("merchant")
    assert (await merchant.get("/payments")).says("Money and goods agree", "have not been compared")


async def test_a_refused_refund_is_tried_again_by_a_button_on_its_order(
    room: Room, scene: Scene, paid: PlacedOrder
) -> None:
    refund = await refused(scene, paid)
    merchant = await room.enter("merchant")
    assert (await merchant.get(f"/orders/{paid.order_id}")).says("refused", "the card was closed", "Try again")
    answer = await merchant.post(f"/orders/{paid.order_id}/refunds/{refund}/retry")
    assert answer.location == f"/orders/{paid.order_id}"
    assert await scene.value("SELECT state FROM refunds") == "due"
    assert room.story(f"order:{paid.number}")[0].verb == "refund.retry"


async def test_pressed_twice_a_refund_is_tried_again_once(room: Room, scene: Scene, paid: PlacedOrder) -> None:
    refund = await refused(scene, paid)
    merchant = await room.enter("merchant")
    before = await scene.value("SELECT count(*) FROM outbox WHERE kind = 'refund'")
    for _ in range(2):
        await merchant.post(f"/orders/{paid.order_id}/refunds/{refund}/retry")
    assert await scene.value("SELECT count(*) FROM outbox WHERE kind = 'refund'") == before + 1


async def test_a_refund_of_another_order_is_not_tried_again(room: Room, scene: Scene, paid: PlacedOrder) -> None:
    refund = await refused(scene, paid)
    other = await scene.ordered("bob")
    merchant = await room.enter("merchant")
    await merchant.post(f"/orders/{other.order_id}/refunds/{refund}/retry")
    assert await scene.value("SELECT state FROM refunds") == "failed"


async def test_refused_refunds_and_disagreements_wait_on_one_page(room: Room, scene: Scene, paid: PlacedOrder) -> None:
    await refused(scene, paid)
    await disagreement(scene)
    merchant = await room.enter("merchant")
    answer = await merchant.get("/payments")
    assert answer.says("Waits for a person", "Disputed", "£13.94 of order 7", "the card was closed", str(paid.number))
    assert "Money and goods agree" not in answer.text


async def test_the_overview_says_that_money_waits(room: Room, scene: Scene, paid: PlacedOrder) -> None:
    await refused(scene, paid)
    operator = await room.enter("operator")
    assert (await operator.get("/")).says("money waits for a person")


async def test_a_disagreement_is_closed_with_a_reason(room: Room, scene: Scene) -> None:
    found = await disagreement(scene)
    merchant = await room.enter("merchant")
    page = f"/payments/discrepancies/{found}/closing"
    assert (await merchant.get(page)).says("Disputed", "moves no money")
    assert (await merchant.post(page, {"reason": ""})).status == 422
    assert (await merchant.post(page, {"reason": "answered with the proof of delivery"})).location == "/payments"
    assert (await merchant.get("/payments")).says("Mended and closed", "answered with the proof of delivery")
    assert room.story("payment:du_1")[0].verb == "payment.close"


async def test_an_operator_who_may_not_sell_sees_no_buttons(room: Room, scene: Scene, paid: PlacedOrder) -> None:
    refund = await refused(scene, paid)
    found = await disagreement(scene)
    operator = await room.enter("operator")
    page = await operator.get("/payments")
    assert page.status == 200
    assert not page.says("Try again")
    assert (await operator.post(f"/orders/{paid.order_id}/refunds/{refund}/retry")).status == 403
    assert (await operator.post(f"/payments/discrepancies/{found}/closing", {"reason": "so what"})).status == 403


async def test_a_disagreement_that_is_none_is_not_found(room: Room) -> None:
    merchant = await room.enter("merchant")
    assert (await merchant.get(f"/payments/discrepancies/{uuid4()}/closing")).status == 404
