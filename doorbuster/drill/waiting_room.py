"""A shopper's way through a sale's waiting room: a ticket, the document that everybody reads, a pass when called.

Promises: asks no more often than the room tells, and less often the further away the turn is; a room that has closed,
or a sale without one, leads straight to the sale.
Never: knows more than the answers say.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Protocol

import msgspec

from doorbuster.drill.answers import kind_of, wait_seconds
from doorbuster.drill.browser import Browser
from doorbuster.drill.client import Broken, Reply
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.visitor import Left

FORM = "application/x-www-form-urlencoded"
NEARER = 8
"""Who is that many times as far away asks again when an eighth of the way is done, as the page's script does."""
RATE_MIN = 0.1
AFTER_SILENCE_SECONDS = 2.0
SUMS_AT_ONCE = 2_000


class Room(Protocol):
    """One way to wait."""

    async def take(self, planned: float, key: str) -> None:
        """Take a ticket; whoever has one keeps it. Raises Left where nothing is left."""
        ...

    async def step(self, planned: float, key: str) -> float | None:
        """Look where the line is, and go in when called; return how long to wait, None when one may claim."""
        ...


class ApiRoom:
    """As the page's script does: the public document, and the own place worked out from it."""

    def __init__(self, browser: Browser, shop: str, sale: SaleFacts, opens: float) -> None:
        """Know the addresses; `opens` counts as the browser's clock does."""
        self._browser, self._opens = browser, opens
        self._room = f"{shop}/api/v1/sales/{sale.id}/room"
        self._position: int | None = None

    async def take(self, planned: float, key: str) -> None:
        """Take a ticket, doing the sum first where one is asked for."""
        reply = await self._send("ticket", "tickets", planned, key)
        if kind_of("ticket", reply) == "WorkWanted":
            asked = msgspec.json.decode(reply.body, type=_Work)
            work = f"{asked.challenge} {await solved(asked.challenge, asked.bits)}"
            reply = await self._send("ticket", "tickets", self._browser.now(), key, work=work)
        if kind_of("ticket", reply) == "SoldOut":
            raise Left("told_sold_out")

    async def step(self, planned: float, key: str) -> float | None:
        """Read the document; before one's turn only that."""
        reply = await self._browser.ask("room", "GET", self._room, planned=planned)
        if reply.status == 404:
            return None
        if reply.status != 200:
            return wait_seconds(reply, AFTER_SILENCE_SECONDS)
        told = msgspec.json.decode(reply.body, type=_Status)
        least, most = told.poll
        if told.phase == "sold_out":
            raise Left("told_sold_out")
        if told.phase == "registering":
            return min(max((self._opens - self._browser.now()) / NEARER, least), most)
        if self._position is None:
            self._position = await self._own_position()
        before = (most if self._position is None else self._position) - told.serving
        if self._position is not None and before < 0:
            return await self._come_in(key)
        return min(max(before / max(told.rate, RATE_MIN) / NEARER, least), most)

    async def _own_position(self) -> int | None:
        reply = await self._browser.ask("place", "GET", f"{self._room}/ticket", planned=self._browser.now())
        return msgspec.json.decode(reply.body, type=_Ticket).position if reply.status == 200 else None

    async def _come_in(self, key: str) -> float | None:
        reply = await self._send("pass", "pass", self._browser.now(), key)
        if reply.status == 201:
            return None
        said = kind_of("pass", reply)
        if said in {"SoldOut", "TurnLapsed"}:
            raise Left("told_sold_out" if said == "SoldOut" else "told_to_wait")
        return wait_seconds(reply, AFTER_SILENCE_SECONDS)

    async def _send(self, step: str, noun: str, planned: float, key: str, **more: str) -> Reply:
        return await self._browser.ask(
            step, "POST", f"{self._room}/{noun}", planned=planned, body="{}", type="application/json", key=key, **more
        )


class FormRoom:
    """A browser without JavaScript: *Take a ticket*, *Check my place*, *Come in*."""

    def __init__(self, browser: Browser, shop: str, sale: SaleFacts, pause: float) -> None:
        """Look at the page again every `pause` seconds."""
        self._browser, self._pause = browser, pause
        self._room, self._button = f"{shop}/sales/{sale.handle}/room", f'action="/sales/{sale.handle}/room/pass"'

    async def take(self, planned: float, key: str) -> None:
        """Press the button; without JavaScript there is no key."""
        del key
        await self._press("ticket", self._room, planned)

    async def step(self, planned: float, key: str) -> float | None:
        """Look at the page, and press *Come in* when it is there."""
        del key
        page = await self._browser.ask("room", "GET", self._room, planned=planned, accept="text/html")
        if page.status in {303, 404}:
            return None
        if b"<title>Sold out" in page.body:
            raise Left("told_sold_out")
        if self._button.encode() not in page.body:
            return self._pause
        come_in = await self._press("pass", f"{self._room}/pass", self._browser.now())
        return None if come_in.status == 303 else self._pause

    async def _press(self, step: str, address: str, planned: float) -> Reply:
        return await self._browser.ask(step, "POST", address, planned=planned, body="", type=FORM, accept="text/html")


@dataclass(frozen=True, slots=True)
class Patience:
    """When one comes, how long one waits at the most (both by `now`), and the chance that spreads the asking."""

    begins: float
    ends: float
    now: Callable[[], float]
    chance: Random


async def wait_in(room: Room, patience: Patience, ticket: str, key: str) -> None:
    """Wait until one may claim; raises Left when all is sold, or when the patience is over.

    `ticket` and `key` are the keys of both requests. An answer that does not come is asked for again.
    """
    planned, has_ticket = patience.begins, False
    while planned <= patience.ends:
        try:
            if not has_ticket:
                await room.take(planned, ticket)
                has_ticket = True
            pause = await room.step(planned, key)
        except Broken:
            pause = AFTER_SILENCE_SECONDS
        if pause is None:
            return
        planned = patience.now() + pause * patience.chance.uniform(0.7, 1.3)
    raise Left("told_to_wait")


def leads_to_room(step: str, reply: Reply) -> bool:
    """Say whether a claim was led to the waiting room instead of being answered."""
    if kind_of(step, reply) == "WaitingRoom":
        return True
    return step == "hold" and reply.status == 303 and reply.header(b"location").endswith("/room")


async def solved(challenge: str, bits: int) -> str:
    """Find the text that a challenge asks for, letting others go on meanwhile."""
    number = 0
    while True:
        for _ in range(SUMS_AT_ONCE):
            digest = sha256(f"{challenge}:{number}".encode()).digest()
            if int.from_bytes(digest, "big") >> (256 - bits) == 0:
                return str(number)
            number += 1
        await asyncio.sleep(0)


class _Status(msgspec.Struct):
    phase: str
    serving: int
    rate: float
    poll: tuple[float, float]


class _Ticket(msgspec.Struct):
    position: int | None = None


class _Work(msgspec.Struct):
    challenge: str
    bits: int
