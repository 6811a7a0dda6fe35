"""People and bots: each has an address, a cookie, a pace, and presses until it has what it came for."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from doorbuster.clock import new_id
from doorbuster.drill.client import Broken, Connection, Origin, Reply, connect
from doorbuster.web.sessions import mint

TIMES = 50
"""How many times as often as a person a bot asks."""
PRESS_SECONDS = 2.0
"""A person in a hurry presses so often."""
BOT_HANDS = 6
"""A bot's connections: as many as a browser opens, so that it meets every worker."""
TIMEOUT_SECONDS = 5.0

Ask = tuple[str, bytes]
"""A path and a body."""


@dataclass(slots=True)
class Caller:
    """Somebody who asks again and again; `times` is how often, in what a person does.

    With a cookie it is one customer. Without, and `forgets`, each request is a stranger's; without, and not `forgets`,
    it keeps the cookie that it is given, as a browser does. `stops` when it has got one thing.
    """

    origin: Origin
    address: Callable[[], str]
    cookie: str = ""
    times: float = 1.0
    hands: int = 1
    stops: bool = True
    forgets: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(3))  # noqa: S311
    answers: Counter[int] = field(default_factory=Counter)
    got: list[bytes] = field(default_factory=list)
    got_after: float | None = None

    async def press(self, ask: Ask, from_: float, until: float) -> None:
        """Ask from one moment to another (of the loop's clock), evenly but for chance."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.hands):
                group.create_task(self._hand(ask, from_, until))

    async def _hand(self, ask: Ask, from_: float, until: float) -> None:
        loop, pause = asyncio.get_running_loop(), PRESS_SECONDS / self.times * self.hands
        due, connection = from_ + self.chance.uniform(0, pause), None
        while due < until and not (self.stops and self.got):
            await asyncio.sleep(max(0.0, due - loop.time()))
            with suppress(Broken):
                if connection is None or not connection.is_open:
                    connection = await connect(self.origin, None, TIMEOUT_SECONDS)
                self.hear(await self.send(connection, ask, new_id().hex), loop.time() - from_)
            # Who is slower than its pace does not catch up by a burst: a person doesn't, and a bot's burst is its pace.
            due = max(due + pause * self.chance.uniform(0.5, 1.5), loop.time())
        if connection is not None:
            connection.close()

    async def send(self, connection: Connection, ask: Ask, key: str, *headers: str) -> Reply:
        """Send one request; its key makes who has no cookie a customer."""
        path, body = ask
        lines = [
            f"POST {path} HTTP/1.1", f"Host: {self.origin.netloc}", f"X-Forwarded-For: {self.address()}",
            f"Idempotency-Key: {key}", "Content-Type: application/json", f"Content-Length: {len(body)}",
            *headers,
        ]  # fmt: skip
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        return await connection.send("\r\n".join([*lines, "", ""]).encode() + body, TIMEOUT_SECONDS)

    def hear(self, reply: Reply, after: float) -> None:
        """Keep what was answered, so many seconds after the beginning."""
        self.answers[reply.status] += 1
        if not self.cookie and not self.forgets and reply.cookies:
            self.cookie = "; ".join(each.decode().partition(";")[0] for each in reply.cookies)
        if reply.status == 201:
            self.got.append(reply.body)
            self.got_after = self.got_after or after


def customer(secret: str) -> str:
    """Return the cookie of somebody whom the shop knows already."""
    return (mint(secret, secure=False).cookie or "").partition(";")[0]


def origin_of(url: str) -> Origin:
    """Return where the shop is."""
    parts = urlsplit(url)
    return Origin(parts.scheme, parts.hostname or "", parts.port)


def own_networks() -> Iterable[Callable[[], str]]:
    """Yield addresses, each in a network of its own."""
    for number in itertools.count():
        address = f"81.{number // 256}.{number % 256}.7"
        yield lambda address=address: address  # type: ignore[misc]


def one_network(third: int = 9) -> Callable[[], str]:
    """Return what gives one address of a network after the other."""
    lasts = itertools.cycle(range(1, 255))
    return lambda: f"82.0.{third}.{next(lasts)}"


def claim_of(sale_id: object, sku: str) -> Ask:
    """Return the claim of one unit."""
    return f"/api/v1/sales/{sale_id}/holds", msgspec.json.encode({"sku": sku, "quantity": 1})


def ticket_of(sale_id: object) -> Ask:
    """Return the wish for a ticket of the waiting room."""
    return f"/api/v1/sales/{sale_id}/room/tickets", b"{}"


async def all_press(callers: Iterable[Caller], ask: Ask, from_: float, until: float) -> None:
    """Let all of them press until they have what they want or the time is over."""
    async with asyncio.TaskGroup() as group:
        for caller in callers:
            group.create_task(caller.press(ask, from_, until))
