"""What a stranger may see of other people's orders, holds and carts: nothing; and whose word counts as a payment."""

import json
import time
from uuid import uuid4

import pytest

from tests.stories.shopping.conftest import Shop
from tests.stories.shopping.visitor import Page, Visitor


async def ordered(visitor: Visitor) -> tuple[str, Page]:
    """Order a lamp; return the order's path with its secret, and where to pay."""
    await visitor.sends("/cart/lines", {"sku": "LAMP", "quantity": "1"})
    payment_page = await visitor.orders(await visitor.goes_to("/checkout"))
    back = (await visitor.pays(payment_page.url, "decline")).url
    return back, payment_page


async def test_an_order_is_shown_with_its_secret_or_to_its_owner_only(shop: Shop) -> None:
    async with shop.visitor("owner") as owner, shop.visitor("stranger") as stranger:
        link, _ = await ordered(owner)
        path = link.partition("?")[0]
        assert (await owner.goes_to(path)).status == 200
        assert (await stranger.goes_to(link)).status == 200
        for guess in (path, f"{path}?secret=", f"{path}?secret={'x' * 32}", f"{path}?secret=%00"):
            assert (await stranger.goes_to(guess)).status == 404, guess
        for verb in ("payments", "cancel"):
            assert (await stranger.sends(f"{path}/{verb}?secret=x", {})).status == 404
    assert shop.value("SELECT state FROM orders WHERE email = %s", owner.email) == "awaiting_payment"


async def test_a_stranger_cannot_check_out_what_somebody_else_holds(shop: Shop) -> None:
    sale = await shop.sale("strangers", units=2)
    async with shop.visitor("holder") as holder, shop.visitor("thief") as thief:
        hold = await holder.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
        address = "/checkout?hold=" + hold.url.rpartition("/")[2]
        checkout = await holder.goes_to(address)
        assert (await thief.goes_to(address)).status == 404
        assert (await thief.orders(checkout)).status == 404
        await thief.sends("/cart/lines", {"sku": "LAMP", "quantity": "1"})
        assert (await thief.orders(checkout)).status == 404
    assert shop.value("SELECT count(*) FROM orders WHERE email = %s", thief.email) == 0


@pytest.mark.parametrize("signature", ["", "t={now},v1=00", "t=1,v1=00", "t={now}", "nonsense"])
async def test_a_payment_that_only_a_stranger_reports_is_none(shop: Shop, signature: str) -> None:
    async with shop.visitor(f"forged-{uuid4().hex[:6]}") as owner:
        await ordered(owner)
        payment, amount = shop.sql(
            "SELECT p.id, p.amount FROM payments p JOIN orders o ON o.id = p.order_id WHERE o.email = %s", owner.email
        )[0]
        session = {
            "id": "cs_1", "amount_total": amount, "currency": "gbp", "status": "complete", "payment_status": "paid",
            "client_reference_id": str(payment), "payment_intent": "pi_1",
        }  # fmt: skip
        event = {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": session}}
        headers = {"Stripe-Signature": signature.format(now=int(time.time()))}
        url = f"{shop.url}/payments/callbacks/hosted"
        async with owner.browser.post(url, data=json.dumps(event), headers=headers) as reply:
            assert reply.status == 400
    assert shop.value("SELECT state FROM orders WHERE email = %s", owner.email) == "awaiting_payment"


async def test_nonsense_in_a_form_is_answered_politely(shop: Shop) -> None:
    async with shop.visitor("odd") as odd:
        for sku, quantity, status in (
            ("\0", "1", 404),
            ("LAMP", "-1", 422),
            ("LAMP", "1e9", 422),
            ("☃" * 500, "1", 404),
        ):
            assert (await odd.sends("/cart/lines", {"sku": sku, "quantity": quantity})).status == status
        for path in ("/checkout?hold=1", "/checkout?hold=%00", f"/checkout?hold={uuid4()}", f"/orders/{uuid4()}"):
            assert (await odd.goes_to(path)).status in (200, 404)
        assert (await odd.sends("/orders", {"hold": "1", "cart": "2"})).status == 404


async def test_a_form_on_another_site_orders_nothing(shop: Shop) -> None:
    async with shop.visitor("victim") as victim:
        await victim.sends("/cart/lines", {"sku": "LAMP", "quantity": "1"})
        headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        for path in ("/orders", "/cart/lines"):
            async with victim.browser.post(shop.url + path, data={"sku": "LAMP"}, headers=headers) as reply:
                assert reply.status == 403
