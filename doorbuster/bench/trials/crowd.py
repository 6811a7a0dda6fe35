"""The crowd of a trial: arrivals that do not wait for answers, at a rate that can be changed while it runs."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from doorbuster.bench.overload.crowd import Crowd, Shop
from doorbuster.drill.client import Broken, Origin, connect

BOT_CONNECTIONS = 24
BOT_SECONDS_MAX = 5.0
BOT_ADDRESS = "203.0.113.66"


@dataclass(slots=True)
class Pace:
    """How many visits begin in a second."""

    per_second: float


async def arrive(shop: Shop, pace: Pace, chance: Random) -> None:
    """Let visitors arrive by a Poisson process until cancelled; `pace` may change meanwhile."""
    crowd, started, at = Crowd(shop, chance), time.perf_counter(), 0.0
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                at = max(at + chance.expovariate(pace.per_second), time.perf_counter() - started - 1.0)
                if (wait := started + at - time.perf_counter()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(crowd.visit(at, started))
                crowd.outcomes.clear()
    finally:
        crowd.leave()


async def bots(origin: Origin, per_second: float, chance: Random) -> None:
    """Let one client ask for pages as fast as `per_second` over a few connections, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for _ in range(BOT_CONNECTIONS):
            group.create_task(_bot(origin, per_second / BOT_CONNECTIONS, chance))


async def _bot(origin: Origin, per_second: float, chance: Random) -> None:
    while True:
        with suppress(Broken):
            connection = await connect(origin, None, BOT_SECONDS_MAX)
            while True:
                path = f"/search?q={chance.getrandbits(40):010x}"
                request = f"GET {path} HTTP/1.1\r\nHost: bot\r\nX-Forwarded-For: {BOT_ADDRESS}\r\n\r\n"
                await connection.send(request.encode(), BOT_SECONDS_MAX)
                await asyncio.sleep(chance.expovariate(per_second))
        await asyncio.sleep(0.1)
