"""Whole purchases: hold, order, test payment, paid, by the shortest way, against as many hello-world exchanges."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import msgspec

from doorbuster.bench import servers
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure, rate, ratio
from doorbuster.bench.rounds import Pace, Say, Turn, in_turns, medians
from doorbuster.clock import new_secret
from doorbuster.drill.client import Connection, Origin, Reply, connect
from doorbuster.errors import DoorbusterError
from doorbuster.sale.sales import Sale

BUYERS = 64
WARM_SECONDS = 1.0
EXCHANGE_SECONDS_MAX = 30.0
ADDRESS = {"name": "Robin Bench", "line1": "1 Rehearsal Row", "city": "Leeds", "postcode": "LS1 4AP", "country": "GB"}
EXCHANGES = 4
"""What a buyer sends: the claim, the order, the payment, and the question whether it is paid."""

Errand = Callable[["Buyer", int], Awaitable[None]]


async def purchases(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Report complete purchases a second, and their share of what an equal chain of hello-world exchanges reaches."""
    turns: dict[str, Turn] = {
        "hello world, four times": lambda: _chains(ground, pace.seconds),
        "purchases": lambda: _purchases(ground, pace.seconds),
    }
    hello, bought = medians(await in_turns(pace, turns, say)).values()
    told = f"{BUYERS} buyers; four exchanges of hello world {rate(hello)}"
    return [
        Measure("complete purchases", bought, "purchases/s", absolutes=told),
        Measure("complete purchases / chain of hello world", ratio(bought, hello), "ratio", at_least=0.5),
    ]


class Buyer:
    """One buyer after the other, on connections that are kept."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._connections: dict[str, Connection] = {}

    async def ask(self, method: str, url: str, body: bytes = b"", **headers: str) -> Reply:
        """Send one request and return its answer; headers are written with underscores."""
        parts = urlsplit(url)
        origin = Origin(parts.scheme, parts.hostname or "", parts.port)
        connection = self._connections.get(origin.netloc)
        if connection is None or not connection.is_open:
            connection = await connect(origin, None, EXCHANGE_SECONDS_MAX)
            self._connections[origin.netloc] = connection
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = [f"{method} {path} HTTP/1.1", f"Host: {origin.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return await connection.send("\r\n".join([*lines, "", ""]).encode() + body, EXCHANGE_SECONDS_MAX)

    def leave(self) -> None:
        """Close what is open."""
        for connection in self._connections.values():
            connection.close()


async def _chains(ground: Ground, seconds: float) -> float:
    async with servers.hello(ground.kept) as hello:

        async def chain(buyer: Buyer, _: int) -> None:
            for _ in range(EXCHANGES):
                _expect(200, await buyer.ask("POST", f"{hello.url}/hello", b'{"sku":"SKU","quantity":1}'))

        return await _errands_per_second(chain, seconds)


async def _purchases(ground: Ground, seconds: float) -> float:
    sale = await ground.fresh_sale()
    async with servers.shop(ground, 1) as shop:
        run = new_secret(16)
        return await _errands_per_second(lambda buyer, number: _buy(buyer, shop.url, sale, f"{run}-{number}"), seconds)


async def _buy(buyer: Buyer, shop: str, sale: Sale, name: str) -> None:
    """Hold, order, pay, and ask until it is paid; the gateway tells the shop before it sends the buyer back."""
    json = "application/json"
    claim = msgspec.json.encode({"sku": sale.items[0].sku, "quantity": 1})
    url = f"{shop}/api/v1/sales/{sale.id}/holds"
    hold = await buyer.ask("POST", url, claim, Content_Type=json, Idempotency_Key=f"hold-{name}")
    cookie = "; ".join(each.decode().partition(";")[0] for each in _expect(201, hold).cookies)
    wish = {
        "hold_id": msgspec.json.decode(hold.body)["id"],
        "email": f"{name}@bench.example",
        "shipping_address": ADDRESS,
        "payment": {"method": "hosted"},
    }
    body = msgspec.json.encode(wish)
    url = f"{shop}/api/v1/orders"
    reply = await buyer.ask("POST", url, body, Content_Type=json, Idempotency_Key=f"order-{name}", Cookie=cookie)
    order = msgspec.json.decode(_expect(201, reply).body)
    form = "application/x-www-form-urlencoded"
    address = order["payment"]["redirect_url"]
    _expect(303, await buyer.ask("POST", address, b"outcome=approve", Content_Type=form))
    url = f"{shop}/api/v1/orders/{order['id']}"
    while True:
        reply = await buyer.ask("GET", url, Cookie=cookie, Order_Secret=order["secret"])
        if msgspec.json.decode(_expect(200, reply).body)["state"] == "paid":
            return
        await asyncio.sleep(0.01)


async def _errands_per_second(errand: Errand, seconds: float) -> float:
    """Let BUYERS do one errand after the other and return the errands a second, the first moments left out."""
    numbers, done = itertools.count(), 0
    ends_at = time.perf_counter() + WARM_SECONDS + seconds

    async def lane() -> None:
        nonlocal done
        buyer = Buyer()
        try:
            while time.perf_counter() < ends_at:
                await errand(buyer, next(numbers))
                done += ends_at - seconds <= time.perf_counter() < ends_at
        finally:
            buyer.leave()

    async with asyncio.TaskGroup() as group:
        for _ in range(BUYERS):
            group.create_task(lane())
    return done / seconds


def _expect(status: int, reply: Reply) -> Reply:
    if reply.status != status:
        raise DoorbusterError(f"a buyer was answered {reply.status}: {reply.body[:300].decode(errors='replace')}")
    return reply
