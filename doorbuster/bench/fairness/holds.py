"""A hot item at its opening: what bots get of it, and how long people behind one address wait."""

import asyncio
import random
from itertools import islice

from doorbuster.bench import servers
from doorbuster.bench.fairness.callers import (
    BOT_HANDS,
    PRESS_SECONDS,
    TIMES,
    Caller,
    all_press,
    claim_of,
    customer,
    one_network,
    origin_of,
    own_networks,
)
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure, ratio
from doorbuster.bench.rounds import Say
from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.sale.sales import Sale

PEOPLE, BOTS, UNITS = 100, 20, 60
"""Half of all get one: then a bot that always wins has twice its fair share."""
LET = PRESS_SECONDS
"""In what a person does: once a second, which the limit of holds lets pass."""
STARTING_SECONDS, EARLY_SECONDS, LATE_SECONDS = 3.0, 4.0, 4.0
CROWD, CROWD_UNITS, NETWORK_SHARE = 200, 200, 0.05
BEHIND_ONE_ADDRESS = 200
BEHIND_SECONDS = 20.0
WORKERS = 2


async def one_cookie(ground: Ground, say: Say) -> list[Measure]:
    """Compare a bot's chance of a unit with the fair one; one that keeps just within the limit is told, too."""
    found = []
    paces = {f"asks {TIMES}× as often": (float(TIMES), 1.5), "asks as often as it is let": (LET, None)}
    for name, (times, most) in paces.items():
        say(f"holds: who {name}")
        sale, bots, people = await _opening(ground, times)
        await _counted(ground, sale, bots + people)
        units, others = (sum(len(each.got) for each in group) for group in (bots, people))
        fair = (units + others) * BOTS / (BOTS + PEOPLE)
        told = f"{units} units for {BOTS} bots, {others} for {PEOPLE} people"
        what = f"units, one cookie that {name} / fair share"
        found.append(Measure(what, ratio(units, fair), "ratio", at_most=most, absolutes=told))
    return found


async def _opening(ground: Ground, times: float) -> tuple[Sale, list[Caller], list[Caller]]:
    """Let people and bots press from before the opening until all is gone."""
    sale = await ground.fresh_sale(units=UNITS, opens_in_seconds=STARTING_SECONDS + EARLY_SECONDS)
    async with servers.shop(ground, WORKERS, TRUSTED_PROXIES="127.0.0.1") as shop:
        origin, networks = origin_of(shop.url), islice(own_networks(), PEOPLE + BOTS)
        callers = [
            Caller(origin, address, customer(ground.secret), chance=random.Random(n))  # noqa: S311
            for n, address in enumerate(networks)
        ]
        bots, people = callers[:BOTS], callers[BOTS:]
        for bot in bots:
            bot.times, bot.hands, bot.stops = times, BOT_HANDS, False
        opens = _when(sale)
        await all_press(callers, claim_of(sale.id, sale.items[0].sku), opens - EARLY_SECONDS, opens + LATE_SECONDS)
    return sale, bots, people


async def many_cookies(ground: Ground, say: Say) -> list[Measure]:
    """Measure what of a sale one network gets that comes with ever new cookies from all its addresses."""
    say("holds: many cookies, one network")
    sale = await ground.fresh_sale(units=CROWD_UNITS, opens_in_seconds=STARTING_SECONDS + EARLY_SECONDS)
    async with servers.shop(ground, WORKERS, TRUSTED_PROXIES="127.0.0.1") as shop:
        origin = origin_of(shop.url)
        people = [
            Caller(origin, address, customer(ground.secret), chance=random.Random(n))  # noqa: S311
            for n, address in enumerate(islice(own_networks(), CROWD))
        ]
        bot = Caller(origin, one_network(), times=8 * TIMES, hands=24, stops=False, forgets=True)
        opens = _when(sale)
        await all_press([bot, *people], claim_of(sale.id, sale.items[0].sku), opens - 1, opens + LATE_SECONDS)
    await _counted(ground, sale, [bot, *people])
    asked = f"{sum(bot.answers.values())} requests, {bot.answers[429]} of them refused"
    told = f"{len(bot.got)} units of {CROWD_UNITS} with {asked}"
    share = len(bot.got) / CROWD_UNITS
    return [
        Measure("units, many cookies of one network, of all", share, "ratio", at_most=NETWORK_SHARE, absolutes=told)
    ]


async def one_address(ground: Ground, say: Say) -> list[Measure]:
    """Measure how people fare who come for the first time, all behind one address, with enough for all of them."""
    say("holds: people behind one address")
    sale = await ground.fresh_sale(
        units=2 * BEHIND_ONE_ADDRESS, opens_in_seconds=STARTING_SECONDS, network_share_percent=100
    )
    async with servers.shop(ground, WORKERS, TRUSTED_PROXIES="127.0.0.1") as shop:
        people = [
            Caller(origin_of(shop.url), lambda: "83.1.2.3", chance=random.Random(n))  # noqa: S311
            for n in range(BEHIND_ONE_ADDRESS)
        ]
        opens = _when(sale)
        await all_press(people, claim_of(sale.id, sale.items[0].sku), opens, opens + BEHIND_SECONDS)
    await _counted(ground, sale, people)
    served = sorted(each.got_after for each in people if each.got_after is not None)
    share = len(served) / BEHIND_ONE_ADDRESS
    last = f"the slowest after {served[-1]:.1f} s" if share == 1 else f"in {BEHIND_SECONDS:.0f} s"
    refused = sum(each.answers[429] for each in people)
    told = f"{len(served)} of {BEHIND_ONE_ADDRESS} people, {last}; {refused} times told to wait"
    return [Measure("people behind one address who got their unit", share, "ratio", at_least=1.0, absolutes=told)]


def _when(sale: Sale) -> float:
    """Return the opening in the loop's time."""
    return asyncio.get_running_loop().time() + (sale.opens_at - SystemClock().now()).total_seconds()


async def _counted(ground: Ground, sale: Sale, callers: list[Caller]) -> None:
    given, held = sum(len(each.got) for each in callers), await ground.held_in(sale)
    if given != held:
        raise DoorbusterError(f"{given} units were promised, the database has {held}")
