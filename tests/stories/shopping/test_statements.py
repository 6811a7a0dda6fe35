"""How often a purchase asks the database: three statements, however the shopper comes."""

import asyncio
import re
from collections import Counter

import aiohttp

from doorbuster.review.catalogue import house_subjects
from tests.stories.shopping.conftest import Shop

ADDRESS = {"name": "Ada", "line1": "1 Street", "city": "London", "postcode": "SW1Y 4LB", "country": "GB"}
CALL = re.compile(r'^doorbuster_query_calls_total\{[^}]*query="(\w+)"[^}]*\} (\d+)', re.MULTILINE)
BUYING = ("claim_holds", "place_orders", "settle_payments")
# What the shop does by itself, all the time, for nobody in particular.
BY_ITSELF = re.compile(
    r"relay|expire|reopen|finish|return|outbox|live_sales|lines|notices|items_of_sales|claimants|overdue|to_ask|to_cancel"
    r"|live_rooms|rooms_to|tend_"
)
# Rooms that this purchase does not enter; their statements come from the control plane and from chores.
OF_OTHERS = {
    "audit",
    "control",
    "database",
    "incident",
    "jobs",
    "journal",
    "on_call",
    "room",
    "supervisor",
    "watch",
    "web",
}
# Files of the shopper's own rooms whose statements only the job worker sends.
OF_JOBS = (
    "room/release.sql",
    "shop/reconciling.sql",
    "shop/discrepancies.sql",
    "shop/returning.sql",
    "sale/waiting.sql",
)
BY_OTHERS = {
    each.name
    for each in house_subjects()
    if each.query.source.split("/")[1] in OF_OTHERS or each.query.source.endswith(OF_JOBS)
}


async def counted(shop: Shop) -> Counter[str]:
    """Return how often the web workers have sent each statement, as they last told the control plane."""
    await asyncio.sleep(2.5)
    async with aiohttp.ClientSession() as client, client.get(f"{shop.running.control_url}/metrics") as reply:
        text = await reply.text()
    found: Counter[str] = Counter()
    for name, calls in CALL.findall(text):
        found[name] += int(calls)
    return found


async def test_a_purchase_is_three_statements(shop: Shop) -> None:
    await shop.sale("counted", units=3)
    sale_id = shop.value("SELECT id::text FROM sales WHERE handle = 'counted'")
    before = await counted(shop)
    async with aiohttp.ClientSession(shop.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as shopper:

        async def post(path: str, body: dict[str, object], key: str) -> dict[str, str]:
            async with shopper.post(path, json=body, headers={"idempotency-key": key}) as reply:
                assert reply.status == 201, await reply.text()
                return await reply.json()

        hold = await post(f"/api/v1/sales/{sale_id}/holds", {"sku": "LAMP", "quantity": 1}, "key-of-a-counted-hold")
        wish = {"hold_id": hold["id"], "email": "c@example.com", "shipping_address": ADDRESS}
        order = await post("/api/v1/orders", wish | {"payment": {"method": "hosted"}}, "key-of-a-counted-order")
        async with shopper.post(
            order["payment"]["redirect_url"], data={"outcome": "approve"}, allow_redirects=False
        ) as paid:
            assert paid.status == 303
    assert shop.value("SELECT state FROM orders WHERE id = %s::uuid", order["id"]) == "paid"
    grown: Counter[str] = Counter()
    for _ in range(10):  # until every process has told what it did
        grown = (await counted(shop)) - before
        if all(grown[name] for name in BUYING):
            break
    asked = {
        name: calls
        for name, calls in grown.items()
        if name not in BY_OTHERS and (name in BUYING or not BY_ITSELF.search(name))
    }
    assert {name: asked.get(name) for name in BUYING} == dict.fromkeys(BUYING, 1)
    assert set(asked) - set(BUYING) <= {"write_mail", "note_mail", "order_of_shopper", "jobs_backlog"}, asked
