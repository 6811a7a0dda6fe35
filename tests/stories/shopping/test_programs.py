"""A program buys over the JSON API: keys, replays, refusals by name, and orders that only their owner sees."""

from typing import Any
from uuid import uuid4

from tests.stories.shopping.conftest import Shop
from tests.stories.shopping.visitor import ADDRESS, Visitor

Reply = tuple[int, dict[str, Any], dict[str, str]]


async def call(visitor: Visitor, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    """Send JSON; a write gets a fresh key unless one is given as `key`."""
    key = headers.pop("key", f"key-{uuid4().hex}")
    given = {"Idempotency-Key": key, **{name.replace("_", "-"): value for name, value in headers.items()}}
    url = f"{visitor.shop_url}/api/v1{path}"
    async with visitor.browser.request(method, url, json=body, headers=given) as reply:
        return (
            reply.status,
            await reply.json(content_type=None),
            {name.lower(): value for name, value in reply.headers.items()},
        )


async def held(shop: Shop, visitor: Visitor, sale: str) -> str:
    sale_id = shop.value("SELECT id FROM sales WHERE handle = %s", sale.rpartition("/")[2])
    status, hold, _ = await call(visitor, "POST", f"/sales/{sale_id}/holds", {"sku": "LAMP", "quantity": 1})
    assert status == 201, hold
    return str(hold["id"])


def order_of(visitor: Visitor, **about: Any) -> dict[str, Any]:
    address = {**ADDRESS, "country": "GB"}
    return {"email": visitor.email, "shipping_address": address, "payment": {"method": "hosted"}, **about}


def problem(reply: Reply) -> tuple[int, str]:
    return reply[0], str(reply[1]["type"]).rpartition("/")[2]


async def test_a_whole_purchase(shop: Shop) -> None:
    sale = await shop.sale("program", units=2)
    async with shop.visitor("program") as program:
        body = order_of(program, hold_id=await held(shop, program, sale))
        status, order, _ = await call(program, "POST", "/orders", body)
        assert (status, order["state"], order["total"]) == (
            201,
            "awaiting_payment",
            {"amount": 1394, "currency": "GBP"},
        )
        await program.pays(order["payment"]["redirect_url"], "approve")
        status, seen, _ = await call(program, "GET", f"/orders/{order['id']}")
        assert (status, seen["state"], seen["lines"][0]["sku"]) == (200, "paid", "LAMP")


async def test_the_same_key_replays_and_another_body_is_refused(shop: Shop) -> None:
    sale = await shop.sale("keys", units=2)
    async with shop.visitor("keys") as program:
        body, key = order_of(program, hold_id=await held(shop, program, sale)), f"key-{uuid4().hex}"
        _, first, _ = await call(program, "POST", "/orders", body, key=key)
        status, again, headers = await call(program, "POST", "/orders", body, key=key)
        assert (status, again, headers["idempotent-replayed"]) == (200, first, "true")
        other = {**body, "email": "other@example.com"}
        assert problem(await call(program, "POST", "/orders", other, key=key)) == (422, "idempotency-key-reused")
        assert problem(await call(program, "POST", "/orders", body)) == (409, "already-ordered")


async def test_an_order_belongs_to_its_secret_and_its_owner(shop: Shop) -> None:
    sale = await shop.sale("secret", units=2)
    async with shop.visitor("keeper") as keeper, shop.visitor("snoop") as snoop:
        body = order_of(keeper, hold_id=await held(shop, keeper, sale))
        assert problem(await call(snoop, "POST", "/orders", body)) == (404, "not-found")
        _, order, _ = await call(keeper, "POST", "/orders", body)
        path = f"/orders/{order['id']}"
        assert problem(await call(snoop, "GET", path)) == (404, "not-found")
        assert problem(await call(snoop, "GET", path, Order_Secret="guess")) == (404, "not-found")
        assert problem(await call(snoop, "POST", f"{path}/payments")) == (404, "not-found")
        status, seen, _ = await call(snoop, "GET", path, Order_Secret=order["secret"])
        assert status == 200
        assert "secret" not in seen


async def test_a_failed_payment_may_be_tried_again(shop: Shop) -> None:
    sale = await shop.sale("again", units=1)
    async with shop.visitor("again") as program:
        _, order, _ = await call(program, "POST", "/orders", order_of(program, hold_id=await held(shop, program, sale)))
        await program.pays(order["payment"]["redirect_url"], "decline")
        status, again, _ = await call(program, "POST", f"/orders/{order['id']}/payments")
        assert status == 201
        await program.pays(again["payment"]["redirect_url"], "approve")
        assert problem(await call(program, "POST", f"/orders/{order['id']}/payments")) == (409, "nothing-to-pay")


async def test_what_cannot_be_ordered_is_refused_by_name(shop: Shop) -> None:
    sale = await shop.sale("refused", units=2)
    async with shop.visitor("refused") as program:
        hold = await held(shop, program, sale)
        body = order_of(program, hold_id=hold)
        for change in ({"hold_id": None}, {"cart_id": str(uuid4())}, {"email": "nobody"}, {"surprise": 1}):
            assert problem(await call(program, "POST", "/orders", {**body, **change})) == (422, "invalid-body"), change
        address = {**body["shipping_address"], "country": "XX"}
        reply = await call(program, "POST", "/orders", {**body, "shipping_address": address})
        assert (problem(reply), reply[1]["at"]) == ((422, "invalid-body"), "$.shipping_address.country")
        total = {"amount": 1, "currency": "GBP"}
        reply = await call(program, "POST", "/orders", {**body, "total": total})
        assert (problem(reply), reply[1]["total"]["amount"]) == ((409, "total-changed"), 1394)
        reply = await call(program, "POST", "/orders", {**body, "total": {"amount": 1394, "currency": "EUR"}})
        assert problem(reply) == (409, "total-changed")
        shop.sql("UPDATE holds SET expires_at = now() - interval '1 second' WHERE id = %s", hold)
        assert problem(await call(program, "POST", "/orders", body)) == (409, "hold-gone")


async def test_a_cart_is_filled_and_ordered(shop: Shop) -> None:
    async with shop.visitor("carter") as program:
        assert problem(await call(program, "GET", "/cart")) == (404, "not-found")
        assert problem(await call(program, "PUT", "/cart/lines", {"sku": "NONE", "quantity": 1})) == (
            404,
            "no-such-variant",
        )
        for _ in range(2):
            status, cart, _ = await call(program, "PUT", "/cart/lines", {"sku": "LAMP", "quantity": 3})
        assert (status, cart["total"]["amount"], len(cart["lines"])) == (200, 3 * 1999, 1)
        await call(program, "PUT", "/cart/lines", {"sku": "LAMP", "quantity": 999})
        reply = await call(program, "POST", "/orders", order_of(program, cart_id=cart["id"]))
        assert (problem(reply), reply[1]["sku"]) == ((409, "out-of-stock"), "LAMP")
        await call(program, "PUT", "/cart/lines", {"sku": "LAMP", "quantity": 1})
        status, order, _ = await call(program, "POST", "/orders", order_of(program, cart_id=cart["id"]))
        assert (status, order["total"]["amount"]) == (201, 1999 + 395)
