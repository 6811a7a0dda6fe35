"""A sale with a waiting room, for a browser without JavaScript and for programs: ticket, turn, pass, purchase."""

import asyncio
import hashlib
import itertools
import json
import re
from typing import Any
from urllib.parse import urljoin

import aiohttp

from doorbuster.journal import lines, open_event_log
from tests.cast import told
from tests.stories.shopping.conftest import Shop
from tests.stories.shopping.visitor import Page, Visitor

HOLD = {"sku": "LAMP", "quantity": "1"}


async def room(shop: Shop, *words: str) -> str:
    """Type `doorbuster room …` and wait until every worker has heard of it."""
    status, said = await asyncio.to_thread(
        told, shop.running.home, "room", *words, "--reason", "a story", DATABASE_URL=shop.database_url
    )
    assert status == 0, said
    await asyncio.sleep(1.2)
    return said


async def when_titled(visitor: Visitor, path: str, title: str) -> Page:
    """Press *Check my place* until the page says so."""
    async with asyncio.timeout(30):
        while (page := await visitor.goes_to(path)).title != title:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    return page


async def opening_soon(shop: Shop, handle: str, units: int) -> str:
    sale = await shop.sale(handle, units)
    shop.sql("UPDATE sales SET opens_at = now() + interval '30 minutes' WHERE handle = %s", handle)
    await room(shop, "open", handle)
    return sale


async def test_a_shopper_without_javascript_takes_a_ticket_waits_comes_in_and_buys(shop: Shop) -> None:
    sale = await opening_soon(shop, "roomy", units=3)
    async with shop.visitor("ann") as ann:
        assert "waiting room" in (await ann.goes_to(sale)).words
        led = await ann.sends(f"{sale}/holds", HOLD)
        assert (led.title, led.url) == ("The waiting room", urljoin(shop.url, f"{sale}/room"))
        mine = await ann.sends(f"{sale}/room", {})
        assert mine.title == "You are in the draw"
        assert "Check my place" in mine.words
        ticket = re.search(r"Ticket (\d+-\d+)", mine.words)
        assert ticket is not None
        assert (await ann.sends(f"{sale}/room", {})).words.count(ticket[0]) == 1
        assert "SHA-256" in (await ann.goes_to(f"{sale}/room/draw")).words

        shop.sql("UPDATE sales SET opens_at = now() WHERE handle = 'roomy'")
        called = await when_titled(ann, f"{sale}/room", "It is your turn")
        assert "Come in" in called.words
        assert (await ann.sends(f"{sale}/holds", HOLD)).title == "It is your turn"
        at_the_sale = await ann.sends(f"{sale}/room/pass", {})
        assert at_the_sale.url == urljoin(shop.url, sale)
        assert (await ann.goes_to(f"{sale}/room")).title == "You are in"
        assert (await ann.sends(f"{sale}/holds", HOLD)).title == "It is yours for"

        drawn = await ann.goes_to(f"{sale}/room/draw")
        assert "was drawn as number 1 of 1" in drawn.words
        assert (await ann.goes_to(f"{sale}/room/draw?ticket=9-99")).words.count("There was no ticket 9-99") == 1
    status, said = await asyncio.to_thread(
        told, shop.running.home, "sale", "verify-draw", "roomy", DATABASE_URL=shop.database_url
    )
    assert (status, said.strip()) == (0, "The draw of roomy holds: 1 tickets, each position once.")


async def test_a_place_moves_to_another_device_by_its_link(shop: Shop) -> None:
    sale = await opening_soon(shop, "moving", units=3)
    async with shop.visitor("bob") as bob, shop.visitor("bob") as phone:
        page = await bob.sends(f"{sale}/room", {})
        link = re.search(r'href="(/sales/moving/room/link[^"]+)"', page.html)
        ticket = re.search(r"Ticket (\d+-\d+)", page.words)
        assert link is not None
        assert ticket is not None
        asked = await phone.goes_to(link[1])
        assert asked.title == "Go on in this browser"
        assert ticket[0] in (await phone.sends(link[1], {})).words
        assert (await phone.goes_to(link[1][:-4])).status == 404


async def test_sold_out_is_said_to_all_who_wait_at_once(shop: Shop) -> None:
    sale = await shop.sale("scarce", units=1)
    await room(shop, "open", "scarce", "--order", "first_come")
    async with shop.visitor("cid") as cid, shop.visitor("dan") as dan:
        await cid.sends(f"{sale}/room", {})
        await when_titled(cid, f"{sale}/room", "It is your turn")
        await dan.sends(f"{sale}/room", {})
        assert (await dan.goes_to(f"{sale}/room")).title == "You are in line"
        assert "You are next." in (await dan.goes_to(f"{sale}/room")).words
        assert "not your turn" in (await dan.sends(f"{sale}/room/pass", {})).words
        shop.sql("UPDATE stock_pools SET sold = on_hand WHERE sale_id = (SELECT id FROM sales WHERE handle = 'scarce')")
        assert (await when_titled(dan, f"{sale}/room", "Sold out")).words.count("Check my place") == 0
        shop.sql("UPDATE stock_pools SET sold = 0 WHERE sale_id = (SELECT id FROM sales WHERE handle = 'scarce')")
    await room(shop, "close", "scarce")


async def ask(
    browser: aiohttp.ClientSession, method: str, url: str, body: Any = None, key: str = ""
) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key or f"key-of-a-program-{method}-{len(url)}"}
    async with browser.request(method, url, json=body, headers=headers if method == "POST" else {}) as reply:
        return reply.status, json.loads(await reply.text())


async def test_a_program_takes_a_ticket_a_pass_and_a_unit(shop: Shop) -> None:
    await shop.sale("programmed", units=2)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'programmed'")
    sale = urljoin(shop.url, f"/api/v1/sales/{sale_id}")
    assert (await told_of(shop, f"{sale}/room"))[0] == 404
    await room(shop, "open", "programmed")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as program:
        status, refused = await ask(program, "POST", f"{sale}/holds", {"sku": "LAMP", "quantity": 1})
        assert (status, refused["type"]) == (429, "/problems/waiting-room")
        assert (await ask(program, "POST", f"{sale}/room/pass"))[1]["type"] == "/problems/no-ticket"
        status, ticket = await ask(program, "POST", urljoin(shop.url, refused["tickets"]))
        assert (status, ticket["position"]) == (201, 0)
        async with asyncio.timeout(20):
            while (await ask(program, "GET", f"{sale}/room/ticket"))[1]["state"] != "called":  # noqa: ASYNC110
                await asyncio.sleep(0.3)
        status, given = await ask(program, "POST", urljoin(shop.url, refused["pass"]))
        assert (status, set(given)) == (201, {"value", "until"})
        assert (await ask(program, "POST", f"{sale}/holds", {"sku": "LAMP", "quantity": 1}))[0] == 201
        assert (await ask(program, "GET", f"{sale}/room/draw"))[1]["n"] == 0
    await room(shop, "close", "programmed")


async def told_of(shop: Shop, url: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as stranger:
        return await ask(stranger, "GET", url)


async def test_every_change_of_a_room_is_in_the_journal_and_slips_are_told(shop: Shop) -> None:
    await shop.sale("steered", units=2)
    await room(shop, "open", "steered")
    for words in (("pause", "steered"), ("resume", "steered"), ("rate", "steered", "2.5"), ("rate", "steered", "0")):
        await room(shop, *words)
    status, said = await asyncio.to_thread(
        told, shop.running.home, "room", "list", "--json", DATABASE_URL=shop.database_url
    )
    listed = {each["handle"]: each for each in json.loads(said)}
    assert (status, listed["steered"]["rate_max"], listed["steered"]["order"]) == (0, None, "lottery")
    await room(shop, "close", "steered")

    for words, complaint in [
        (("close", "steered"), "it has no open room"),
        (("open", "steered", "--order", "alphabetical"), "neither lottery nor first_come"),
        (("rate", "steered", "-1"), "No such option"),
        (("pause", "nothing"), "there is no sale 'nothing'"),
        (("beacon", "steered", "11 23 42"), "the draw has been"),
    ]:
        status, said = await asyncio.to_thread(
            told, shop.running.home, "room", *words, "--reason", "slip", DATABASE_URL=shop.database_url
        )
        assert status != 0
        assert complaint in said


def solved(challenge: str, bits: int) -> str:
    """Do the sum, as the page's script does."""
    for number in range(2**24):
        digest = hashlib.sha256(f"{challenge}:{number}".encode()).digest()
        if int.from_bytes(digest, "big") >> (256 - bits) == 0:
            return str(number)
    raise AssertionError("no solution")


async def test_where_work_is_asked_for_a_ticket_costs_a_sum_or_a_letter(shop: Shop) -> None:
    sale = await shop.sale("laborious", units=5)
    await room(shop, "open", "laborious", "--proof-of-work")
    async with shop.visitor("eve") as eve, shop.visitor("fay") as fay, shop.visitor("fay") as elsewhere:
        asked = await eve.sends(f"{sale}/room", {})
        assert asked.title == "One moment"
        challenge = asked.value("challenge")
        assert (await fay.sends(f"{sale}/room", {})).title == "One moment"
        theirs = {"challenge": challenge, "solution": solved(challenge, 16)}
        assert (await fay.sends(f"{sale}/room", theirs)).title == "A link instead"
        assert (await eve.sends(f"{sale}/room", {**theirs, "solution": "no"})).title == "A link instead"
        assert (await eve.sends(f"{sale}/room", theirs)).title in ("You are in line", "It is your turn")
        assert (await eve.sends(f"{sale}/room", {})).title in ("You are in line", "It is your turn")

        assert (await fay.sends(f"{sale}/room/letter", {"email": "nonsense"})).status == 422
        for address in (fay.email, fay.email.replace("@", "+again@")):
            assert (await fay.sends(f"{sale}/room/letter", {"email": address})).title == "We have written to you"
        await shop.eventually(lambda: shop.mails_to(fay.email))
        (mail,) = shop.mails_to(fay.email)
        link = re.search(r"http\S+/room/proof\S+", mail.get_payload()[0].get_payload(decode=True).decode())
        assert link is not None
        assert (await elsewhere.goes_to(link[0])).title == "Your ticket is here"
        for _ in range(2):
            assert (await elsewhere.sends(link[0], {})).title in ("You are in line", "It is your turn")
        assert (await eve.sends(link[0], {})).status == 404
        assert (await elsewhere.goes_to(link[0][:-3])).status == 404
        assert shop.mails_to(fay.email.replace("@", "+again@")) == []
    await room(shop, "close", "laborious")


async def test_a_program_does_the_sum_in_a_header(shop: Shop) -> None:
    await shop.sale("reckoned", units=2)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'reckoned'")
    await room(shop, "open", "reckoned", "--proof-of-work")
    tickets = urljoin(shop.url, f"/api/v1/sales/{sale_id}/room/tickets")
    key = {"Idempotency-Key": "a-program-that-reckons"}
    async with aiohttp.ClientSession() as program:
        async with program.post(tickets, headers=key) as reply:
            wanted = await reply.json(content_type=None)
            assert (reply.status, wanted["bits"]) == (403, 16)
        work = f"{wanted['challenge']} {solved(wanted['challenge'], 16)}"
        async with program.post(tickets, headers={**key, "Room-Work": work}) as reply:
            assert reply.status == 201
    await room(shop, "close", "reckoned")


async def test_one_more_ticket_of_a_network_that_has_many_costs_a_longer_sum(shop: Shop) -> None:
    await shop.sale("crowded-network", units=2)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'crowded-network'")
    await room(shop, "open", "crowded-network")
    tickets = urljoin(shop.url, f"/api/v1/sales/{sale_id}/room/tickets")

    async def take(program: aiohttp.ClientSession, number: int) -> list[int]:
        """Take a ticket as a stranger from one network; return the bits of the sums that were asked for."""
        headers = {"Idempotency-Key": f"one-of-many-behind-{number:04}", "X-Forwarded-For": f"81.20.40.{number + 1}"}
        asked: list[int] = []
        while True:
            async with program.post(tickets, headers=headers) as reply:
                if reply.status == 201:
                    return asked
                wanted = await reply.json(content_type=None)
                assert reply.status == 403, wanted
            asked.append(wanted["bits"])
            headers["Room-Work"] = f"{wanted['challenge']} {solved(wanted['challenge'], wanted['bits'])}"

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as program:
        for number in range(50):
            assert 19 not in await take(program, number)
        assert (await take(program, 50))[-1] == 19
    await room(shop, "close", "crowded-network")


async def test_who_farms_tickets_from_one_network_makes_them_cost_a_sum_and_operators_are_told(shop: Shop) -> None:
    await shop.sale("farmed", units=2)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'farmed'")
    await room(shop, "open", "farmed")
    tickets = urljoin(shop.url, f"/api/v1/sales/{sale_id}/room/tickets")

    async def ask(program: aiohttp.ClientSession, number: int) -> int:
        headers = {"Idempotency-Key": f"a-farm-of-tickets-{number}", "X-Forwarded-For": f"81.20.30.{number % 250 + 1}"}
        async with program.post(tickets, headers=headers) as reply:
            return reply.status

    # No cookie is kept: each request is a customer of its own, from one of the network's addresses.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as farm:
        try:
            numbers = itertools.count()
            answers = [await ask(farm, next(numbers))]
            assert answers == [201]
            while answers[-1] == 201 and len(answers) < 5_000:
                answers.append(await ask(farm, next(numbers)))
            assert answers[-1] == 403
            while "work.begin" not in written(shop):
                answers += [await ask(farm, next(numbers)) for _ in range(20)]
        finally:
            lever(shop, "work", "off", "--reason", "the story is over")

        async def let_in() -> bool:
            return [await ask(farm, next(numbers)) for _ in range(6)] == [201] * 6

        async with asyncio.timeout(40):
            while not await let_in():  # noqa: ASYNC110
                await asyncio.sleep(1)
    await room(shop, "close", "farmed")


def lever(shop: Shop, *words: str) -> None:
    status, said = told(shop.running.home, "lane", *words)
    assert status == 0, said


def written(shop: Shop) -> set[str]:
    """The verbs of what was written down last."""
    with open_event_log(shop.running.home) as log:
        return {line.verb for line in lines(log)}
