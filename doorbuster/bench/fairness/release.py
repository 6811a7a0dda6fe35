"""The waiting room's release: whether in any ten seconds more are let in than the rate says, and whether fewer are."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import msgspec

from doorbuster.bench import servers
from doorbuster.bench.fairness.callers import TIMEOUT_SECONDS, Caller, claim_of, customer, origin_of
from doorbuster.bench.ground import SQL, Ground
from doorbuster.bench.measures import Measure
from doorbuster.bench.rounds import Say
from doorbuster.clock import new_id
from doorbuster.drill.client import Broken, Connection, connect, get
from doorbuster.room.entering import PASS_SECONDS, Newcomer, enter_batch
from doorbuster.room.rooms import NewRoom, open_room

RATE = 20.0
WINDOW_SECONDS = 10.0
SECONDS = 42.0
PEOPLE = 1_200
GROWING_SECONDS = 12.0
"""From ten a second the rate grows by a tenth each second, so by then it is what the operator said."""
LATE_SHARE, LATE_AT_SECONDS = 0.2, 25.0
HESITATION_SECONDS = 3.0
BATCH = 100


async def released(ground: Ground, say: Say) -> list[Measure]:
    """Let a crowd in of which a fifth hesitates and then comes all at once."""
    say("release: a crowd of which a fifth comes late, all at once")
    sale = await ground.fresh_sale(units=PEOPLE)
    cookies = [customer(ground.secret) for _ in range(PEOPLE)]
    await open_room(ground.database, sale.id, NewRoom(order="first_come", rate_max=RATE))
    for start in range(0, PEOPLE, BATCH):
        keys = [Newcomer(f"s:{each.partition('=')[2].partition('.')[0]}") for each in cookies[start : start + BATCH]]
        await enter_batch(ground.database, sale.id, keys, 0)
    async with servers.shop(ground, 2) as shop, servers.jobs(ground):
        crowd = _Crowd(shop.url, sale.id, sale.items[0].sku, asyncio.get_running_loop().time())
        await crowd.come(cookies)
    rows = await ground.database.fetch(SQL.bench_passes, sale_id=sale.id, pass_seconds=PASS_SECONDS)
    return judged([row["given_at"] for row in rows], crowd.told_to_wait)


def judged(given_at: list[float], told_to_wait: int) -> list[Measure]:
    """Judge the moments of the passes: the fullest window against the rate, and how much of the rate was used."""
    fullest = max((_within(given_at, at) for at in range(len(given_at))), default=0)
    most = RATE * WINDOW_SECONDS
    began = given_at[0] + GROWING_SECONDS if given_at else 0.0
    later = [at for at in given_at if at >= began]
    used = len(later) / ((later[-1] - began) * RATE) if len(later) > 1 else 0.0
    told = f"{fullest} in the fullest {WINDOW_SECONDS:.0f} s, {most:.0f} by the rate; {len(given_at)} in all"
    waiting = f"{told_to_wait / max(1, len(given_at)):.1f} times told to wait a moment, each who came in"
    return [
        Measure("passes in any 10 s / the rate", fullest / most, "ratio", at_most=1.01, absolutes=told),
        Measure("passes in all / the rate", used, "ratio", absolutes=waiting),
    ]


def _within(given_at: list[float], first: int) -> int:
    """Return how many passes were given in the window that begins with one of them."""
    return sum(at < given_at[first] + WINDOW_SECONDS for at in given_at[first:])


@dataclass(slots=True)
class _Crowd:
    """People who read the room's document and come when they are called, sooner or later."""

    url: str
    sale_id: UUID
    sku: str
    began: float
    serving: int = 0
    told_to_wait: int = 0

    async def come(self, cookies: list[str]) -> None:
        """Let them wait, come in and claim, until the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
                group.create_task(self._read())
                for position, cookie in enumerate(cookies):
                    group.create_task(self._wait(position, cookie))

    async def _read(self) -> None:
        while True:
            reply = await get(f"{self.url}/api/v1/sales/{self.sale_id}/room", TIMEOUT_SECONDS)
            if reply.status == 200:
                self.serving = msgspec.json.decode(reply.body)["serving"]
            await asyncio.sleep(0.5)

    async def _wait(self, position: int, cookie: str) -> None:
        chance, loop = random.Random(position), asyncio.get_running_loop()  # noqa: S311
        while self.serving <= position:  # noqa: ASYNC110 - as a browser does, which knows only what it reads
            await asyncio.sleep(chance.uniform(0.5, 1.0))
        await asyncio.sleep(chance.uniform(0, HESITATION_SECONDS))
        if chance.random() < LATE_SHARE:
            await asyncio.sleep(max(0.0, self.began + LATE_AT_SECONDS - loop.time()))
        me = Caller(origin_of(self.url), lambda: "10.0.0.1", cookie)
        connection = await connect(me.origin, None, TIMEOUT_SECONDS)
        with suppress(Broken):
            await self._come_in(me, connection, chance)
        connection.close()

    async def _come_in(self, me: Caller, connection: Connection, chance: random.Random) -> None:
        """Ask for the pass until it is given, then claim."""
        ask = f"/api/v1/sales/{self.sale_id}/room/pass", b"{}"
        while (reply := await me.send(connection, ask, new_id().hex)).status != 201:
            self.told_to_wait += 1
            await asyncio.sleep(float(reply.header(b"retry-after") or 1) * chance.uniform(1.0, 1.5))
        me.cookie = "; ".join([me.cookie, *(each.decode().partition(";")[0] for each in reply.cookies)])
        await me.send(connection, claim_of(self.sale_id, self.sku), new_id().hex)
