"""A shopper buys: from the cart, from a sale, with a card that is declined first, with a nervous finger."""

from doorbuster.database import open_database
from doorbuster.shop.returning import cancel_order
from tests.stories.shopping.conftest import Shop

STOCK = """SELECT on_hand, held, sold FROM stock_pools p LEFT JOIN sales s ON s.id = p.sale_id
            WHERE coalesce(s.handle, '') = %s"""


async def test_a_cart_is_bought_confirmed_and_mailed(shop: Shop) -> None:
    async with shop.visitor("ada") as ada:
        assert (await ada.goes_to("/cart")).title == "Cart"
        cart = await ada.sends("/cart/lines", {"sku": "LAMP", "quantity": "2"})
        assert "£39.98" in cart.words
        checkout = await ada.goes_to("/checkout")
        assert "£43.93" in checkout.words
        payment_page = await ada.orders(checkout)
        assert payment_page.status == 303
        order = await ada.pays(payment_page.url, "approve")
        assert order.title == "Bought and paid. Thank you!"
        assert (await ada.goes_to("/cart")).words.count("Nothing in it yet") == 1
        await shop.eventually(lambda: shop.mails_to(ada.email))
        (mail,) = shop.mails_to(ada.email)
        number = shop.value("SELECT number FROM orders WHERE email = %s", ada.email)
        assert mail["subject"].startswith(f"Your order {number} is confirmed")
        assert order.url in mail.get_payload()[0].get_payload(decode=True).decode()


async def test_a_hold_is_bought_straight_from_the_sale(shop: Shop) -> None:
    sale = await shop.sale("straight", units=3)
    async with shop.visitor("grace") as grace:
        hold = await grace.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
        assert "/holds/" in hold.url
        checkout = await grace.goes_to("/checkout?hold=" + hold.url.rpartition("/")[2])
        assert "£13.94" in checkout.words
        order = await grace.pays((await grace.orders(checkout)).url, "approve")
        assert order.title == "Bought and paid. Thank you!"
    assert shop.sql(STOCK, "straight") == [(3, 0, 1)]


async def test_a_declined_card_loses_nothing_and_may_be_tried_again(shop: Shop) -> None:
    sale = await shop.sale("declined", units=1)
    async with shop.visitor("mary") as mary:
        order = await mary.pays((await mary.orders(await mary.holds(sale))).url, "decline")
        assert order.title == "The payment was declined"
        assert shop.sql(STOCK, "declined") == [(1, 1, 0)]
        path, _, secret = order.url.partition("?")
        again = await mary.sends(f"{path}/payments?{secret}", {}, follow=False)
        assert (await mary.pays(again.url, "approve")).title == "Bought and paid. Thank you!"
    assert shop.sql(STOCK, "declined") == [(1, 0, 1)]


async def test_while_the_provider_gives_no_answer_the_order_is_kept_and_may_be_paid_later(shop: Shop) -> None:
    sale = await shop.sale("slow", units=1)
    async with shop.visitor("patient") as visitor:
        payment_page = await visitor.orders(await visitor.holds(sale))
        order_id, secret = shop.sql("SELECT id, secret FROM orders WHERE email = %s", visitor.email)[0]
        pay = f"/orders/{order_id}/payments?secret={secret}"
        await shop.provider_is("failing_api", payment_page.url)
        try:
            order = await visitor.sends(pay, {})
        finally:
            await shop.provider_is("", payment_page.url)
        assert order.title == "Payments are slow just now"
        assert "Time left" in order.words
        assert shop.sql(STOCK, "slow") == [(1, 1, 0)]
        again = await visitor.sends(pay, {}, follow=False)
        assert (await visitor.pays(again.url, "approve")).title == "Bought and paid. Thank you!"


async def test_pressing_the_button_twice_makes_one_order(shop: Shop) -> None:
    async with shop.visitor("twice") as visitor:
        await visitor.sends("/cart/lines", {"sku": "LAMP", "quantity": "1"})
        checkout = await visitor.goes_to("/checkout")
        first, second = await visitor.orders(checkout), await visitor.orders(checkout)
        assert first.url == second.url
        assert shop.value("SELECT count(*) FROM orders WHERE email = %s", visitor.email) == 1


async def test_what_was_typed_is_kept_when_something_needs_mending(shop: Shop) -> None:
    async with shop.visitor("nearly") as visitor:
        await visitor.sends("/cart/lines", {"sku": "LAMP", "quantity": "1"})
        checkout = await visitor.goes_to("/checkout")
        answer = await visitor.orders(checkout, email="nobody", postcode="", name="O'Hara <b>")
        assert answer.status == 422
        assert "Enter an e-mail address" in answer.words
        assert "Enter the postcode." in answer.words
        assert answer.value("name") == "O'Hara <b>"
        assert shop.value("SELECT count(*) FROM orders WHERE email = %s", "nobody") == 0


async def test_looking_at_the_checkout_writes_nothing(shop: Shop) -> None:
    async with shop.visitor("looker") as looker:
        page = await looker.goes_to("/checkout")
        assert page.url.endswith("/cart")
        assert not looker.browser.cookie_jar


async def test_one_mailbox_cannot_pass_the_limit_with_two_browsers(shop: Shop) -> None:
    sale = await shop.sale("limited", units=5, limit=1)
    async with shop.visitor("ann") as ann, shop.visitor("ann+again") as again:
        for visitor, title in ((ann, ""), (again, "Checkout")):
            answer = await visitor.orders(await visitor.holds(sale))
            assert answer.title == title
        assert "One customer may have 1 of this sale" in answer.words


async def test_a_shopper_who_changes_their_mind_gives_the_unit_back(shop: Shop) -> None:
    sale = await shop.sale("changed", units=1)
    async with shop.visitor("ruth") as ruth:
        order = await ruth.pays((await ruth.orders(await ruth.holds(sale))).url, "cancel")
        assert order.title == "Not paid yet"
        path, _, secret = order.url.partition("?")
        assert "was cancelled" in (await ruth.sends(f"{path}/cancel?{secret}", {})).title
    assert shop.sql(STOCK, "changed") == [(1, 0, 0)]


async def test_a_paid_order_that_is_cancelled_sends_its_money_back(shop: Shop) -> None:
    async with shop.visitor("joan") as joan:
        await joan.sends("/cart/lines", {"sku": "LAMP", "quantity": "1"})
        order = await joan.pays((await joan.orders(await joan.goes_to("/checkout"))).url, "approve")
        order_id = shop.value("SELECT id FROM orders WHERE email = %s", joan.email)
        async with open_database(shop.database_url, connections=2, application="test") as database:
            await cancel_order(database, order_id, "wrong colour")
        await shop.eventually(lambda: shop.value("SELECT state FROM orders WHERE id = %s", order_id) == "refunded")
        assert "was refunded" in (await joan.goes_to(order.url)).title
        await shop.eventually(lambda: len(shop.mails_to(joan.email)) == 3)
    assert shop.value("SELECT state FROM payments WHERE order_id = %s", order_id) == "refunded"
