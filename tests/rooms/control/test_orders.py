"""A merchant finds an order, sends it, cancels it, gives money back; and reads what was mailed."""

from uuid import uuid4

import pytest

from tests.rooms.control.room import Room
from tests.rooms.shop.conftest import Scene, event


@pytest.fixture
async def paid(scene: Scene):
    await scene.open_sale(units=5, limit=5)
    order = await scene.ordered("ada")
    await scene.told(event(order))
    return order


async def test_an_order_is_found_by_number_by_mail_by_state_and_by_sale(room: Room, scene: Scene, paid):
    merchant = await room.enter("merchant")
    assert scene.sale is not None
    for search in (f"q={paid.number}", "q=ADA%2Bshopping@example.com", "state=paid", f"sale={scene.sale.id}", ""):
        assert f"/orders/{paid.order_id}" in (await merchant.get(f"/orders?{search}")).text, search
    for search in ("q=9999999", "q=bob@example.com", "state=cancelled", f"sale={uuid4()}"):
        assert f"/orders/{paid.order_id}" not in (await merchant.get(f"/orders?{search}")).text, search


async def test_the_page_of_an_order_tells_all_about_it(room: Room, paid):
    merchant = await room.enter("merchant")
    answer = await merchant.get(f"/orders/{paid.order_id}")
    assert answer.says("paid", "Lamp", "12 St James's Square", "United Kingdom", "captured", "ada@example.com")


async def test_a_sent_order_has_its_tracking_number(room: Room, paid):
    merchant = await room.enter("merchant")
    await merchant.post(f"/orders/{paid.order_id}/fulfilment", {"tracking": "RM123"})
    assert (await merchant.get(f"/orders/{paid.order_id}")).says("fulfilled", "RM123")
    assert room.story(f"order:{paid.number}")[0].verb == "order.fulfil"


async def test_cancelling_a_paid_order_gives_the_money_and_the_unit_back(room: Room, scene: Scene, paid):
    merchant = await room.enter("merchant")
    answer = await merchant.post(f"/orders/{paid.order_id}/cancellation", {"reason": "wrong address"})
    assert answer.status == 303
    assert (await merchant.get(f"/orders/{paid.order_id}")).says("wrong address", "Refunds", "on its way")
    assert await scene.pool() == (5, 0, 0)
    await scene.books_balance()


async def test_a_part_can_be_refunded_and_never_more_than_was_paid(room: Room, paid):
    merchant = await room.enter("merchant")
    assert (await merchant.post(f"/orders/{paid.order_id}/refund", {"amount": "2.00", "reason": "late"})).status == 303
    answer = await merchant.post(f"/orders/{paid.order_id}/refund", {"amount": "9000", "reason": "very late"})
    assert answer.status == 409
    assert answer.says("At most")
    assert answer.typed()["amount"] == "9000"
    verbs = [line.verb for line in room.story(f"order:{paid.number}")]
    assert verbs == ["order.refund.refused", "order.refund", "order.refund"]


async def test_an_amount_that_is_none_is_refused_before_anything_happens(room: Room, paid):
    merchant = await room.enter("merchant")
    for amount in ("lots", "-5", "0", "1.999"):
        answer = await merchant.post(f"/orders/{paid.order_id}/refund", {"amount": amount, "reason": "late"})
        assert answer.status == 422, amount
    assert room.story(f"order:{paid.number}") == []


async def test_an_order_without_money_cannot_be_refunded(room: Room, scene: Scene):
    await scene.open_sale()
    order = await scene.ordered("bob")
    merchant = await room.enter("merchant")
    answer = await merchant.post(f"/orders/{order.order_id}/refund", {"reason": "kindness"})
    assert answer.status == 409
    assert answer.says("no money was taken")


async def test_a_mail_is_shown_where_it_can_do_nothing(room: Room, scene: Scene):
    mail = uuid4()
    await scene.sql(
        "INSERT INTO mails (id, effect_key, recipient, subject, text_body, html_body, state) "
        "VALUES ($1, 'k', 'ada@example.com', 'Your order', 'plain words', '<script>alert(1)</script><p>rich', 'kept')",
        mail,
    )
    merchant = await room.enter("merchant")
    assert (await merchant.get("/outbox")).says("Your order", "ada@example.com", "kept")
    page = await merchant.get(f"/outbox/{mail}")
    assert page.says("plain words")
    assert "alert(1)" not in page.text
    body = await merchant.get(f"/outbox/{mail}/body")
    assert body.headers["content-security-policy"].startswith("sandbox;")
    assert "default-src 'none'" in body.headers["content-security-policy"]


async def test_an_unknown_order_is_a_polite_404(room: Room):
    merchant = await room.enter("merchant")
    assert (await merchant.get(f"/orders/{uuid4()}")).status == 404
    assert (await merchant.get(f"/outbox/{uuid4()}")).status == 404
