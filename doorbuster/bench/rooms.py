"""The waiting room: tickets a second against hello world, and what a crowd that only waits costs the origin."""

import asyncio
import heapq
import random
import time
from dataclasses import dataclass

import msgspec

from doorbuster.bench import load, servers
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure, rate, ratio
from doorbuster.bench.rounds import Pace, Say, Turn, in_turns, medians
from doorbuster.drill.client import get
from doorbuster.drill.cores import cpu_seconds
from doorbuster.errors import DoorbusterError
from doorbuster.guard.policy import DEFAULTS, Policy
from doorbuster.room.rooms import NewRoom, open_room

WAITING = 100_000
WAIT_SECONDS = 20.0
CACHE_SECONDS = 1.0
RATE = 100.0
POLL_SECONDS_MIN, POLL_SECONDS_MAX, POLLS_TO_GO = 2.0, 30.0, 8


async def rooms(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Measure joining and waiting."""
    turns: dict[str, Turn] = {
        "hello world": lambda: _hello(ground, pace.seconds),
        "joins": lambda: _joins(ground, pace.seconds),
    }
    hello, joins = medians(await in_turns(pace, turns, say)).values()
    say(f"{WAITING:,} waiting")
    share, crowd = await _waiting(ground)
    told = f"{crowd.polls / WAIT_SECONDS:,.0f} polls/s, of which {crowd.fetched / WAIT_SECONDS:.1f}/s reach the origin"
    return [
        Measure("tickets / hello world", ratio(joins, hello), "ratio", absolutes=f"{rate(joins)}, {rate(hello)}"),
        Measure(f"{WAITING:,} waiting, of a core", share, "ratio", at_most=0.05, absolutes=told),
    ]


async def _hello(ground: Ground, seconds: float) -> float:
    async with servers.hello(ground.kept) as hello:
        return await _pressed(f"{hello.url}/hello", seconds)


async def _joins(ground: Ground, seconds: float) -> float:
    sale = await ground.fresh_sale()
    await open_room(ground.database, sale.id, NewRoom())
    # What a ticket costs is asked here, not how many the gate lets through.
    ground.set_policy(Policy(DEFAULTS.limits, gate=False))
    async with servers.shop(ground, 1) as shop:
        ground.set_policy(DEFAULTS)
        return await _pressed(f"{shop.url}/api/v1/sales/{sale.id}/room/tickets", seconds)


async def _pressed(address: str, seconds: float) -> float:
    await load.press(address, "join", load.WARM_SECONDS)
    pressed = await load.press(address, "join", seconds)
    if pressed.refused:
        raise DoorbusterError(f"{pressed.refused} of {pressed.requests} who joined were refused")
    return pressed.per_second


async def _waiting(ground: Ground) -> tuple[float, "_Crowd"]:
    """Return which part of a core the shop's worker needs for a crowd behind a cache that keeps for a second."""
    sale = await ground.fresh_sale()
    await open_room(ground.database, sale.id, NewRoom())
    async with servers.shop(ground, 1) as shop:
        crowd = _Crowd(f"{shop.url}/sales/{sale.handle}/room/status.json")
        before = cpu_seconds(shop.pids)
        await crowd.wait(WAIT_SECONDS)
        return (cpu_seconds(shop.pids) - before) / WAIT_SECONDS, crowd


@dataclass(slots=True)
class _Crowd:
    """People who wait as the page's script does: they ask the more often the nearer their turn is."""

    url: str
    polls: int = 0
    fetched: int = 0
    _fresh_until: float = 0.0
    _serving: int = 0

    async def wait(self, seconds: float) -> None:
        """Let them ask for so long."""
        chance, started = random.Random(7), time.monotonic()  # noqa: S311
        due = [(started + chance.uniform(0, self._interval(place)), place) for place in range(WAITING)]
        heapq.heapify(due)
        while (now := time.monotonic()) < started + seconds:
            while due[0][0] <= now:
                _, place = due[0]
                await self._ask(now)
                heapq.heapreplace(due, (now + self._interval(place) * chance.uniform(0.7, 1.3), place))
            await asyncio.sleep(0.01)

    def _interval(self, place: int) -> float:
        to_go = (place - self._serving) / RATE / POLLS_TO_GO
        return min(POLL_SECONDS_MAX, max(POLL_SECONDS_MIN, to_go))

    async def _ask(self, now: float) -> None:
        """Ask the cache, which asks the origin when what it has is older than a second."""
        self.polls += 1
        if now < self._fresh_until:
            return
        self.fetched += 1
        self._fresh_until = now + CACHE_SECONDS
        reply = await get(self.url, 5.0)
        if reply.status != 200:
            raise DoorbusterError(f"the status of the room was answered {reply.status}")
        self._serving = msgspec.json.decode(reply.body)["serving"]
