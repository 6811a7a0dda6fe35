"""How often the shop asks the database for one request: within the budget of every route, however much is shown."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
from starlette.routing import Route

from doorbuster.database import open_database
from doorbuster.review.routes import METRIC, SHOP, STATEMENTS_MAX
from doorbuster.room.rooms import NewRoom, open_room
from doorbuster.routes import api_endpoints, data_plane_routes
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from tests.stories.shopping.conftest import Shop
from tests.stories.shopping.visitor import ADDRESS

LINE = re.compile(rf"^{METRIC}_(bucket|count)\{{(.*)\}} (\d+)", re.MULTILINE)
MANY = 15
"""More of everything than a budget has statements, so that asking once for each row would show."""


def routes() -> set[str]:
    """Every page that a shopper can look at, and every route of the JSON API."""
    pages = {
        route.path
        for route in data_plane_routes()
        if isinstance(route, Route) and "GET" in (route.methods or ()) and not route.path.startswith("/api/")
    }
    return pages | {endpoint.path for endpoint in api_endpoints()}


async def told(shop: Shop) -> dict[str, float]:
    """The most statements that a request of each route has sent, as the processes tell: a bound of the histogram."""
    async with aiohttp.ClientSession() as client, client.get(f"{shop.running.control_url}/metrics") as reply:
        text = await reply.text()
    counts: dict[str, int] = {}
    within: dict[str, list[tuple[float, int]]] = {}
    for kind, labels, value in LINE.findall(text):
        named = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if named["plane"] == "shop" and kind == "count":
            counts[named["route"]] = int(value)
        elif named["plane"] == "shop":
            within.setdefault(named["route"], []).append((float(named["le"]), int(value)))
    return {
        route: min((bound for bound, value in within[route] if value == count), default=float("inf"))
        for route, count in counts.items()
        if count
    }


async def furnish(shop: Shop, name: str) -> dict[str, str]:
    """Put much on the shelves: products in a collection, a sale of all of them, and one that is coming with a room."""
    shop.sql("INSERT INTO collections (id, handle, title, position) VALUES (gen_random_uuid(), %s, 'Many', 9)", name)
    for number in range(MANY):
        handle = f"{name}-{number}"
        shop.sql("INSERT INTO products (id, handle, title) VALUES (gen_random_uuid(), %s, 'Shade of many')", handle)
        shop.sql(
            "INSERT INTO variants (id, product_id, sku, option_values) "
            "SELECT gen_random_uuid(), id, %s || '-' || n, ARRAY[n::text] FROM products, generate_series(0, 9) n "
            "WHERE handle = %s", handle.upper(), handle)  # fmt: skip
    variants = "variants v JOIN products p ON p.id = v.product_id WHERE p.handle LIKE %s"
    shop.sql(f"INSERT INTO prices (variant_id, currency, amount) SELECT v.id, 'GBP', 999 FROM {variants}", f"{name}-%")
    shop.sql(
        "INSERT INTO stock_pools (id, variant_id, location_id, on_hand) SELECT gen_random_uuid(), v.id, "
        f"(SELECT id FROM locations LIMIT 1), 50 FROM {variants}", f"{name}-%")  # fmt: skip
    shop.sql(
        "INSERT INTO collection_products (collection_id, product_id, position) SELECT c.id, p.id, 1 "
        "FROM collections c, products p WHERE c.handle = %s AND p.handle LIKE %s", name, f"{name}-%")  # fmt: skip
    now = datetime.now(UTC)
    async with open_database(shop.database_url, connections=2, application="test") as database:
        ids = {}
        for kind, opens in (("open", now - timedelta(seconds=5)), ("room", now + timedelta(hours=1))):
            number = {"open": range(MANY - 1), "room": range(MANY - 1, MANY)}[kind]
            items = [NewItem(sku=f"{name}-{each}-0".upper(), price=500, units=2) for each in number]
            sale = NewSale(
                handle=f"{name}-{kind}", title="Many things", opens_at=opens, closes_at=opens + timedelta(hours=1),
                currency="GBP", items=items, limit_per_customer=2)  # fmt: skip
            done = await create_sale(database, sale)
            assert isinstance(done, Done), done
            ids[kind] = str(done.sale.id)
        assert await open_room(database, done.sale.id, NewRoom(order="first_come"))
    shop.sql("UPDATE stock_pools SET reopens_at = '-infinity' WHERE sale_id = %s", ids["open"])
    return ids


async def until_the_room_is_known(shop: Shop, sale_id: str) -> None:
    """Wait until every worker has heard of the room, which each of them does by itself."""
    for _ in range(80):
        known = 0
        for _ in range(8):
            # A connection of its own for each, so that it is not always the same worker who answers.
            async with (
                aiohttp.ClientSession() as client,
                client.get(f"{shop.url}/api/v1/sales/{sale_id}/room") as reply,
            ):
                known += reply.status != 404
        if known == 8:
            return
        await asyncio.sleep(0.25)
    raise AssertionError("the workers do not hear of the room")


async def buys(shop: Shop, name: str, browser: aiohttp.ClientSession, sale_id: str) -> dict[str, str]:
    """Fill a cart, order it, hold a unit of the sale and wait in a line: what the owner's pages are about."""

    async def asks(method: str, path: str, body: dict[str, object]) -> dict[str, str]:
        async with browser.request(method, path, json=body, headers={"idempotency-key": uuid4().hex}) as reply:
            assert reply.status in {200, 201}, (path, await reply.text())
            return dict(await reply.json())

    for number in range(MANY):
        cart = await asks("PUT", "/api/v1/cart/lines", {"sku": f"{name}-{number}-1".upper(), "quantity": 1})
    wish = {"email": f"{name}@example.com", "shipping_address": ADDRESS | {"country": "GB"}}
    order = await asks("POST", "/api/v1/orders", wish | {"cart_id": cart["id"], "payment": {"method": "hosted"}})
    for number in range(MANY):
        await asks("PUT", "/api/v1/cart/lines", {"sku": f"{name}-{number}-2".upper(), "quantity": 1})
    hold = await asks("POST", f"/api/v1/sales/{sale_id}/holds", {"sku": f"{name}-0-0".upper(), "quantity": 1})
    shop.sql("UPDATE stock_pools SET on_hand = held WHERE sale_id = %s AND held > 0", sale_id)
    async with aiohttp.ClientSession(shop.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as other:
        place = {"sku": f"{name}-0-0".upper(), "quantity": 1, "email": f"w{name}@example.com"}
        path, key = f"/api/v1/sales/{sale_id}/waiting", {"idempotency-key": uuid4().hex}
        async with other.post(path, json=place, headers=key) as reply:
            assert reply.status == 201, await reply.text()
            waiting = await reply.json()
    shop.sql(
        "INSERT INTO sale_notices (id, sale_id, email, email_key, secret, state) "
        "VALUES (gen_random_uuid(), %s, %s, %s, 'kept', 'sent')", sale_id, f"{name}@example.com", name)  # fmt: skip
    notice = shop.value("SELECT id::text FROM sale_notices WHERE email_key = %s", name)
    return {"order": order["id"], "hold": hold["id"], "waiting": waiting["id"], "notice": notice,
            "waiting_secret": shop.value("SELECT secret FROM waiting_list WHERE id = %s", waiting["id"])}  # fmt: skip


def address(route: str, name: str, ids: dict[str, str]) -> str:
    """A page of the route with something to show on it."""
    room = "/room" in route
    for beginning, kept in (("/holds", "hold"), ("/orders", "order"), ("/waiting", "waiting"), ("/notices", "notice")):
        if route.removeprefix("/api/v1").startswith(beginning):
            route = route.replace("{id:uuid}", ids[kept])
    route = route.replace("{id:uuid}", ids["room" if room else "open"]).replace("{name}", "sold-out")
    handle = {"/collections": name, "/sales": f"{name}-{'room' if room else 'open'}"}
    beginning = "/" + route.removeprefix("/api/v1").split("/")[1]
    route = route.replace("{handle}", handle.get(beginning, f"{name}-0"))
    query = {"/search": "?q=shade", "/waiting": f"?secret={ids['waiting_secret']}", "/notices": "?secret=kept"}
    if route.endswith("/waiting"):
        return f"{route}?sku={name}-0-0".upper().replace(route.upper(), route).replace("?SKU", "?sku")
    return route + query.get(beginning, "")


def test_every_page_and_every_route_of_the_api_has_a_budget() -> None:
    assert routes() == set(SHOP)


async def test_no_route_asks_the_database_more_often_than_it_may(shop: Shop) -> None:
    name = f"many{uuid4().hex[:6]}"
    ids = await furnish(shop, name)
    await until_the_room_is_known(shop, ids["room"])
    looked: dict[str, int] = {}
    async with aiohttp.ClientSession(shop.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        ids |= await buys(shop, name, browser, ids["open"])
        for endpoint in api_endpoints():
            headers = {"idempotency-key": uuid4().hex}
            async with browser.request(
                endpoint.method, address(endpoint.path, name, ids), json={}, headers=headers
            ) as reply:
                assert reply.status < 500, endpoint.path
        for route in sorted(routes()):
            async with browser.get(address(route, name, ids)) as reply:
                looked[route] = reply.status
    most: dict[str, float] = {}
    for _ in range(40):  # until every process has told
        most = await told(shop)
        if looked.keys() <= most.keys():
            break
        await asyncio.sleep(0.5)

    assert {route for route, status in looked.items() if status == 404} == {
        f"/sales/{{handle}}/room/{each}" for each in ("link", "proof")
    }
    assert {route: count for route, count in most.items() if count > SHOP.get(route, STATEMENTS_MAX)} == {}
    assert routes() - most.keys() == set(), "not measured"
