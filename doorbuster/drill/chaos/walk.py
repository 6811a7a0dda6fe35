"""One shopper's walk through a purchase, over HTTP, who asks again with the same key until there is an answer.

Promises: every yes is written down with its key; a key that is answered with two different things is a violation.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import msgspec

from doorbuster.drill.browser import own_address
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.ways import ADDRESS

Step = Literal["found", "held", "paid", "converted", "mailed", "expired", "refunded"]
STEPS: tuple[Step, ...] = ("found", "held", "paid", "converted", "mailed", "expired", "refunded")
PATIENCE_SECONDS = 40.0
TRY_SECONDS = 12.0
PAUSE_SECONDS = 0.1
OVER = frozenset({"hold-gone", "already-yours"})


@dataclass(slots=True)
class Told:
    """What shoppers were told, by key; and what contradicted it."""

    answers: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    """Order id -> secret."""
    violations: list[str] = field(default_factory=list)
    retries: int = 0

    def note(self, what: str, key: str, answer: str) -> None:
        """Write an answer down; the same key must always get the same one."""
        before = self.answers.setdefault(key, answer)
        if before != answer:
            self.violations.append(f"{what}: key {key} was answered {before} and then {answer}")


class Stuck(Exception):
    """There was no usable answer within a shopper's patience."""


@dataclass(slots=True)
class Walker:
    """One shopper of one cycle."""

    shop: str
    sale: SaleFacts
    name: str
    number: int
    told: Told
    reaches: Callable[[Step], None]
    client: aiohttp.ClientSession = field(init=False)

    async def __aenter__(self) -> "Walker":
        connector = aiohttp.TCPConnector(local_addr=(own_address(self.number), 0), force_close=True)
        timeout = aiohttp.ClientTimeout(total=TRY_SECONDS)
        jar = aiohttp.CookieJar(unsafe=True)
        self.client = aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    async def buy(self) -> str:
        """Go the whole way; return the order's id."""
        await self._get(f"/sales/{self.sale.handle}")
        self.reaches("found")
        for attempt in range(3):
            hold_id = await self.hold(attempt)
            self.reaches("held")
            order = await self._order(hold_id, attempt)
            if order is not None:
                break
        else:
            raise Stuck("three holds in a row were gone before they became an order")
        self.reaches("paid")
        await self._pay(order["payment"]["redirect_url"], order["id"], order["secret"])
        self.reaches("converted")
        return str(order["id"])

    async def hold(self, attempt: int = 0) -> str:
        """Claim a unit until it is held."""
        key = f"chaos-{self.name}-hold-{attempt}"
        body = {"sku": self.sale.sku, "quantity": 1}
        status, answer = await self._post(f"/api/v1/sales/{self.sale.id}/holds", body, key)
        if status not in (200, 201):
            raise Stuck(f"the claim of {self.name} was answered {status} {answer.get('type', '')}")
        self.told.note("hold", key, answer["id"])
        return str(answer["id"])

    async def check(self, attempts: int = 1) -> None:
        """Ask again with every key: what was told is told again."""
        for attempt in range(attempts):
            key = f"chaos-{self.name}-hold-{attempt}"
            if key in self.told.answers:
                await self.hold(attempt)

    async def _order(self, hold_id: str, attempt: int) -> dict[str, Any] | None:
        """Order until the payment page is known; None when the hold is gone. A gateway that was away is asked again."""
        key = f"chaos-{self.name}-order-{attempt}"
        wish = {"hold_id": hold_id, "email": f"{self.name}@chaos.example", "shipping_address": ADDRESS}
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            status, answer = await self._post("/api/v1/orders", wish | {"payment": {"method": "hosted"}}, key)
            if status == 409 and str(answer.get("type", "")).rpartition("/")[2] in OVER:
                return None
            if status not in (200, 201):
                raise Stuck(f"the order of {self.name} was answered {status} {answer.get('type', '')}")
            self.told.note("order", key, answer["id"])
            self.told.orders[answer["id"]] = answer["secret"]
            if answer["payment"].get("redirect_url"):
                return answer
            await asyncio.sleep(PAUSE_SECONDS)
        raise Stuck(f"the payment page of {self.name} never opened")

    async def _pay(self, url: str, order_id: str, secret: str) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                async with self.client.post(url, data={"outcome": "approve"}, allow_redirects=False) as reply:
                    if reply.status == 303:
                        return
            self.told.retries += 1
            await asyncio.sleep(PAUSE_SECONDS)
        raise Stuck(f"the payment page of order {order_id} did not take the money")

    async def _get(self, path: str) -> None:
        await self._until_answered("GET", path, None, {})

    async def _post(self, path: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        return await self._until_answered("POST", path, body, {"idempotency-key": key})

    async def _until_answered(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Ask until there is an answer that is neither a breakdown nor a "wait"."""
        deadline, last = asyncio.get_running_loop().time() + PATIENCE_SECONDS, "nothing"
        while asyncio.get_running_loop().time() < deadline:
            try:
                async with self.client.request(method, self.shop + path, json=body, headers=headers) as reply:
                    raw = await reply.read()
                    if reply.status < 500 and reply.status != 429:
                        return reply.status, msgspec.json.decode(raw) if raw[:1] == b"{" else {}
                    last = f"{reply.status}"
            except (aiohttp.ClientError, TimeoutError, OSError) as fault:
                last = type(fault).__name__
            self.told.retries += 1
            await asyncio.sleep(PAUSE_SECONDS)
        raise Stuck(f"{method} {path} was not answered within {PATIENCE_SECONDS:.0f} s; the last was {last}")
