"""A shopper waits in line: joins, is called by mail, takes the unit in another browser, and buys it."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from tests.stories.shopping.conftest import Shop
from tests.stories.shopping.visitor import Visitor


async def holds(visitor: Visitor, sale: str) -> str:
    hold = await visitor.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
    assert "/holds/" in hold.url, hold.title
    return hold.url


async def test_who_waited_longest_is_called_by_mail_and_buys_in_another_browser(shop: Shop) -> None:
    sale = await shop.sale("waited-for", units=1)
    async with shop.visitor("owner") as owner, shop.visitor("bob") as bob, shop.visitor("cyd") as cyd:
        hold = await holds(owner, sale)
        assert (await bob.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})).title == "All in somebody’s hands"
        place = await bob.sends(f"{sale}/waiting", {"sku": "LAMP", "email": bob.email})
        assert place.title == "You are next in line"
        assert (await cyd.sends(f"{sale}/waiting", {"sku": "LAMP"})).title == "1 is before you"
        await owner.sends(f"{hold}/release", {})
        await shop.eventually(lambda: shop.mails_to(bob.email))
        (mail,) = shop.mails_to(bob.email)
        assert mail["subject"].startswith("It is your turn")
        link = re.search(r"http\S+/waiting/\S+", mail.get_payload()[0].get_payload(decode=True).decode())
        assert link is not None
    async with shop.visitor("bob") as at_the_phone:
        place = await at_the_phone.goes_to(link[0])
        assert place.title == "It is your turn"
        hold_page = await at_the_phone.sends(link[0].replace("?", "/take?"), {})
        assert hold_page.title == "It is yours for"
        checkout = await at_the_phone.goes_to("/checkout?hold=" + hold_page.url.rpartition("/")[2])
        order = await at_the_phone.pays((await at_the_phone.orders(checkout)).url, "approve")
        assert order.title == "Bought and paid. Thank you!"


async def test_a_wrong_address_or_secret_says_what_to_do_and_loses_nothing(shop: Shop) -> None:
    sale = await shop.sale("mistyped", units=1)
    async with shop.visitor("owner") as owner, shop.visitor("dan") as dan:
        await holds(owner, sale)
        again = await dan.sends(f"{sale}/waiting", {"sku": "LAMP", "email": "nonsense"})
        assert again.status == 422
        assert again.value("email") == "nonsense"
        place = await dan.sends(f"{sale}/waiting", {"sku": "LAMP", "email": ""})
        assert (await dan.goes_to(place.url[:-3])).status == 404


async def test_who_left_the_line_may_take_a_new_place(shop: Shop) -> None:
    sale = await shop.sale("left", units=1)
    async with shop.visitor("owner") as owner, shop.visitor("eve") as eve:
        await holds(owner, sale)
        form = {"sku": "LAMP", "wish": (await eve.goes_to(f"{sale}/waiting")).value("wish")}
        place = await eve.sends(f"{sale}/waiting", form)
        assert (await eve.sends(f"{sale}/waiting", form)).url == place.url, "sent twice it is one wish"
        assert (await eve.sends(place.url.replace("?", "/leave?"), {})).title == "You left the line"
        form = {"sku": "LAMP", "wish": (await eve.goes_to(f"{sale}/waiting")).value("wish")}
        assert (await eve.sends(f"{sale}/waiting", form)).title == "You are next in line"


async def test_a_program_waits_in_line(shop: Shop) -> None:
    sale = await shop.sale("by-program", units=1)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'by-program'")
    async with shop.visitor("owner") as owner, aiohttp.ClientSession(shop.url) as program:
        await holds(owner, sale)

        async def call(method: str, path: str, body: Mapping[str, Any] | None = None, key: str = "") -> tuple[int, Any]:
            headers = {"idempotency-key": key} if key else {}
            async with program.request(method, f"/api/v1{path}", json=body, headers=headers) as reply:
                return reply.status, await reply.json()

        wish, key = {"sku": "LAMP", "email": "robot@example.com"}, "a-key-of-a-program-1"
        status, place = await call("POST", f"/sales/{sale_id}/waiting", wish, key)
        assert (status, place["state"], place["ahead"]) == (201, "waiting", 0)
        assert await call("POST", f"/sales/{sale_id}/waiting", wish, key) == (200, place)
        status, problem = await call("POST", f"/sales/{sale_id}/waiting", {"sku": "LAMP"}, key)
        assert (status, problem["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")
        mine = f"/waiting/{place['id']}?secret={place['secret']}"
        assert (await call("GET", mine))[1] == place
        assert (await call("GET", mine + "x"))[0] == 404
        status, left = await call("DELETE", mine, key="another-key-of-mine-1")
        assert (status, left["state"]) == (200, "left")


async def test_who_owns_a_hold_is_never_told_from_memory_that_all_is_gone(shop: Shop) -> None:
    await shop.sale("remembered", units=1)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'remembered'")
    key = {"idempotency-key": "the-key-of-the-owner-1"}
    async with aiohttp.ClientSession(shop.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as owner:
        path, wish = f"/api/v1/sales/{sale_id}/holds", {"sku": "LAMP", "quantity": 1}
        async with owner.post(path, json=wish, headers=key) as reply:
            assert reply.status == 201
            hold = await reply.json()
        await asyncio.sleep(1.5)  # by now every worker knows by heart that nothing is left
        async with owner.post(path, json=wish, headers={"idempotency-key": "another-key-of-hers-1"}) as reply:
            assert (await reply.json())["hold_id"] == hold["id"]
    async with (
        aiohttp.ClientSession(shop.url) as without_cookie,
        without_cookie.post(path, json=wish, headers=key) as reply,
    ):
        assert (reply.status, (await reply.json())["id"]) == (200, hold["id"])


async def test_a_mail_before_a_sale_is_asked_for_sent_once_and_stopped(shop: Shop) -> None:
    sale = await shop.sale("announced", units=1)
    shop.sql("UPDATE sales SET opens_at = now() + interval '30 minutes' WHERE handle = 'announced'")
    async with shop.visitor("fan") as fan:
        await asyncio.sleep(0.6)
        assert (await fan.goes_to(sale)).words.count("Tell me when it opens") == 1
        assert (await fan.sends(f"{sale}/notices", {"email": "fan"})).status == 422
        assert (await fan.sends(f"{sale}/notices", {"email": fan.email})).title == "We will write"
        shop.sql("UPDATE sales SET opens_at = now() + interval '2 minutes' WHERE handle = 'announced'")
        await shop.eventually(lambda: shop.mails_to(fan.email))
        (mail,) = shop.mails_to(fan.email)
        text = mail.get_payload()[0].get_payload(decode=True).decode()
        stop = re.search(r"http\S+/notices/\S+", text)
        assert stop is not None
        assert (await fan.goes_to(stop[0])).title == "No more of these mails?"
        assert (await fan.sends(stop[0], {})).title == "Done"
    assert shop.value("SELECT count(*) FROM mail_stops WHERE email_key = %s", fan.email) == 1
