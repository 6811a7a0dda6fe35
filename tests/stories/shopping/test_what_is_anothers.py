"""Every route of the shop that names somebody's thing, tried by a stranger: nothing is shown, nothing is changed."""

import re
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
import pytest
from starlette.routing import Route

from doorbuster.routes import data_plane_routes
from tests.stories.shopping.conftest import Shop

# Whatever is named by these parts of an address is for everybody.
PUBLIC = {"handle", "rest", "name", "gateway", "page", "path", "type", "kind"}
# A path with an id -> the table of the thing that it names; `sales` are for everybody.
OWNED = {
    "/holds/{id:uuid}": "holds",
    "/holds/{id:uuid}/release": "holds",
    "/orders/{id:uuid}": "orders",
    "/orders/{id:uuid}/payments": "orders",
    "/orders/{id:uuid}/cancel": "orders",
    "/waiting/{id:uuid}": "waiting_list",
    "/waiting/{id:uuid}/take": "waiting_list",
    "/waiting/{id:uuid}/leave": "waiting_list",
    "/notices/{id:uuid}/stop": "sale_notices",
    "/cart/lines/{variant_id:uuid}": "variants",
    "/api/v1/orders/{id:uuid}": "orders",
    "/api/v1/orders/{id:uuid}/payments": "orders",
    "/api/v1/orders/{id:uuid}/cancellation": "orders",
    "/api/v1/orders/{id:uuid}/cancel": "orders",
    "/api/v1/waiting/{id:uuid}": "waiting_list",
}
SALE = "/api/v1/sales/{id:uuid}"
OF_EVERYBODY = {
    *(f"{SALE}/{noun}" for noun in ("holds", "status", "waiting")),
    # What they name is the sale; whose ticket or pass it is comes from the cookie alone.
    *(f"{SALE}/{noun}" for noun in ("room", "room/tickets", "room/ticket", "room/pass", "room/draw")),
}
MARK = "canary"


def routes_with_an_id() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for route in data_plane_routes():
        if isinstance(route, Route) and set(re.findall(r"\{(\w+)", route.path)) - PUBLIC:
            found.setdefault(route.path, set()).update(route.methods or {"GET"})
    return found


def test_every_route_that_names_a_thing_says_whose_it_is() -> None:
    unknown = set(routes_with_an_id()) - set(OWNED) - OF_EVERYBODY
    assert unknown == set(), "say in OWNED whose thing it names, or in OF_EVERYBODY that it is for all"


@dataclass
class Things:
    """What the owner has: ids by table."""

    ids: dict[str, str]


@pytest.fixture
async def things(shop: Shop) -> Things:
    name = f"{MARK}-{uuid4().hex[:8]}"
    sale = await shop.sale(name, units=2)
    async with shop.visitor(name) as owner, shop.visitor(f"{name}-2") as second:
        hold = await owner.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
        await second.sends(f"{sale}/holds", {"sku": "LAMP", "quantity": "1"})
        order = await owner.orders(await owner.goes_to("/checkout?hold=" + hold.url.rpartition("/")[2]))
        assert order.status == 303
        async with shop.visitor(f"{name}-3") as third:
            await third.sends(f"{sale}/waiting", {"sku": "LAMP", "email": f"{name}@example.com"})
    shop.sql(
        "INSERT INTO sale_notices (id, sale_id, email, email_key, secret, state) "
        "SELECT gen_random_uuid(), id, %s, %s, 'kept', 'sent' "
        "FROM sales WHERE handle = %s",
        f"{name}@example.com", f"{name}@example.com", name,
    )  # fmt: skip
    sale_id = shop.value("SELECT id FROM sales WHERE handle = %s", name)
    return Things(
        {
            "holds": str(shop.value("SELECT id FROM holds WHERE sale_id = %s LIMIT 1", sale_id)),
            "orders": str(shop.value("SELECT id FROM orders WHERE sale_id = %s", sale_id)),
            "waiting_list": str(shop.value("SELECT id FROM waiting_list WHERE sale_id = %s", sale_id)),
            "sale_notices": str(shop.value("SELECT id FROM sale_notices WHERE sale_id = %s", sale_id)),
            "variants": str(shop.value("SELECT variant_id FROM sale_items WHERE sale_id = %s", sale_id)),
        }
    )


def state_of(shop: Shop, things: Things) -> dict[str, object]:
    """What the owner has, row by row."""
    rows = {
        table: shop.sql(f"SELECT to_jsonb(t)::text FROM {table} t WHERE id = %s", things.ids[table])
        for table in ("holds", "orders", "waiting_list", "sale_notices")
    }
    rows["payments"] = shop.sql("SELECT state FROM payments WHERE order_id = %s", things.ids["orders"])
    return rows | {"mail_stops": shop.sql("SELECT email_key FROM mail_stops WHERE email_key LIKE %s", f"{MARK}%")}


async def test_a_stranger_sees_and_changes_nothing_by_any_route(shop: Shop, things: Things) -> None:
    before = state_of(shop, things)
    async with aiohttp.ClientSession() as stranger:
        for path, methods in routes_with_an_id().items():
            if path in OF_EVERYBODY:
                continue
            thing = things.ids[OWNED[path]]
            for method in methods - {"HEAD", "OPTIONS"}:
                for secret in ("", "?secret=", "?secret=wrong", f"?secret={thing}"):
                    url = shop.url + re.sub(r"\{\w+:uuid\}", thing, path) + secret
                    headers = {"sec-fetch-site": "same-origin", "idempotency-key": uuid4().hex}
                    sent = {"headers": headers, "allow_redirects": False}
                    async with stranger.request(method, url, **sent) as answer:  # type: ignore[arg-type]
                        body = await answer.text()
                    assert answer.status < 500, (method, url)
                    assert MARK not in body.replace(url, ""), (method, url)
                    assert not (
                        method == "GET" and answer.status == 200 and OWNED[path] not in ("variants", "sale_notices")
                    )
    assert state_of(shop, things) == before
