"""The crowd: searchers, lookers and buyers who arrive whether or not the shop keeps up, and what became of them."""

import asyncio
import random
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from doorbuster.bench.purchases import ADDRESS
from doorbuster.clock import new_id
from doorbuster.drill.client import Broken, Connection, Origin, Reply, connect
from doorbuster.web.sessions import mint

GOOD_SECONDS = 1.0
"""A later answer is of no use to a person."""
TIMEOUT_SECONDS = 5.0
CONNECTIONS_MAX = 3_000
BUYERS_SHARE, SEARCHERS_SHARE = 0.03, 0.65
"""Of a hundred who come three buy: even ten times as many of them are fewer than the shop can serve."""


@dataclass(slots=True)
class Outcome:
    """One request: when it was planned (in seconds since the start), what for, its status or 0, and how long."""

    planned: float
    kind: str
    status: int
    seconds: float

    @property
    def good(self) -> bool:
        """Say whether it was answered as wished, in time."""
        return self.status in (200, 201, 303) and self.seconds <= GOOD_SECONDS


@dataclass(slots=True)
class Shop:
    """Where the crowd goes: the origin, how many products there are, and a sale to buy in."""

    origin: Origin
    secret: str
    products: int
    sale_id: str
    sku: str


@dataclass(slots=True)
class Crowd:
    """Sends requests and keeps what became of them."""

    shop: Shop
    chance: random.Random
    outcomes: list[Outcome] = field(default_factory=list)
    saturated: int = 0
    _idle: deque[Connection] = field(default_factory=deque)
    _open: int = 0

    async def closed_loop(self, shoppers: int, seconds: float) -> None:
        """Let so many shoppers do one thing after the other: what the shop can do at most."""
        started = time.perf_counter()

        async def shopper() -> None:
            while (now := time.perf_counter() - started) < seconds:
                await self.visit(now, started)

        async with asyncio.TaskGroup() as group:
            for _ in range(shoppers):
                group.create_task(shopper())

    async def open_loop(self, curve: list[tuple[float, float]]) -> None:
        """Let visits begin at (seconds, visits per second) after each other, by a Poisson process."""
        started, at, ends_at = time.perf_counter(), 0.0, 0.0
        async with asyncio.TaskGroup() as group:
            for seconds, rate in curve:
                ends_at += seconds
                while (at := at + self.chance.expovariate(rate)) < ends_at:
                    if (wait := started + at - time.perf_counter()) > 0:
                        await asyncio.sleep(wait)
                    group.create_task(self.visit(at, started))
                at = ends_at

    async def visit(self, planned: float, started: float) -> None:
        """Search, look at a product, or buy: hold, then order."""
        draw, when = self.chance.random(), (planned, started)
        cookie = (mint(self.shop.secret, secure=False).cookie or "").partition(";")[0]
        if draw < BUYERS_SHARE:
            await self._buy(when, cookie)
        elif draw < BUYERS_SHARE + SEARCHERS_SHARE:
            # Nothing that two people ask is the same, so that no cache answers.
            await self._ask("search", when, _get(f"/search?q={self.chance.getrandbits(40):010x}", cookie))
        else:
            await self._ask(
                "product", when, _get(f"/products/grown-{self.chance.randint(1, self.shop.products)}", cookie)
            )

    async def _buy(self, when: tuple[float, float], cookie: str) -> None:
        name = new_id().hex
        wish: dict[str, object] = {"sku": self.shop.sku, "quantity": 1}
        request = _post(f"/api/v1/sales/{self.shop.sale_id}/holds", wish, f"hold-{name}", cookie)
        held = await self._ask("hold", when, request)
        if held is None or held.status != 201:
            return
        cookie = "; ".join([cookie, *(value.decode().partition(";")[0] for value in held.cookies)])
        wish = {
            "hold_id": msgspec.json.decode(held.body)["id"], "email": f"{name}@bench.example",
            "shipping_address": ADDRESS, "payment": {"method": "hosted"},
        }  # fmt: skip
        now = time.perf_counter() - when[1]
        await self._ask("order", (now, when[1]), _post("/api/v1/orders", wish, f"order-{name}", cookie))

    async def _ask(self, kind: str, when: tuple[float, float], request: bytes) -> Reply | None:
        """Send a request that was planned `when[0]` seconds after `when[1]`; keep what became of it."""
        planned, started = when
        reply, status = None, 0
        connection = await self._connection()
        if connection is None:
            self.saturated += 1
        else:
            with suppress(Broken):
                reply = await connection.send(request, TIMEOUT_SECONDS)
                status = reply.status
            self._put_back(connection)
        self.outcomes.append(Outcome(planned, kind, status, time.perf_counter() - started - planned))
        return reply

    async def _connection(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
            self._open -= 1
        if self._open >= CONNECTIONS_MAX:
            return None
        self._open += 1
        try:
            return await connect(self.shop.origin, None, TIMEOUT_SECONDS)
        except Broken:
            self._open -= 1
            return None

    def _put_back(self, connection: Connection) -> None:
        if connection.is_open:
            self._idle.append(connection)
        else:
            self._open -= 1

    def leave(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()


def _get(path: str, cookie: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n".encode()


def _post(path: str, wish: dict[str, object], key: str, cookie: str) -> bytes:
    body = msgspec.json.encode(wish)
    head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {key}"
    return f"POST {path} HTTP/1.1\r\nHost: bench\r\n{head}\r\nCookie: {cookie}\r\n\r\n".encode() + body
