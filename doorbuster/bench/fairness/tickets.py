"""The waiting room's entrance: tickets that a bot gets with one cookie, and with ever new ones from one network."""

import asyncio
import random
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from itertools import count, islice
from uuid import UUID

import msgspec

from doorbuster.bench import servers
from doorbuster.bench.fairness.callers import (
    BOT_HANDS,
    TIMEOUT_SECONDS,
    TIMES,
    Caller,
    all_press,
    customer,
    one_network,
    origin_of,
    own_networks,
    ticket_of,
)
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure
from doorbuster.bench.rounds import Say
from doorbuster.clock import new_id
from doorbuster.drill.client import connect
from doorbuster.errors import DoorbusterError
from doorbuster.room.draw import STRIPES
from doorbuster.room.entering import Newcomer, enter_batch
from doorbuster.room.rooms import NewRoom, draw_room, mistakes_of_draw, open_room, room_of_sale, stripe_counts

PEOPLE, SECONDS = 100, 10.0
ROOM_SEEN_SECONDS = 2.0
"""So long at most until every worker knows of a room that was opened."""
FARM_SECONDS, FARM_HANDS = 15.0, 64
CROWD = 1_000
"""People who register beside the farm, each from a network of their own."""
WORKERS = 2


async def one_cookie(ground: Ground, say: Say) -> list[Measure]:
    """Compare the tickets of a bot that joins fifty times as often with those of people; each has the same chance."""
    say("tickets: one cookie")
    sale = await ground.fresh_sale(opens_in_seconds=600)
    await open_room(ground.database, sale.id, NewRoom())
    async with servers.shop(ground, WORKERS, TRUSTED_PROXIES="127.0.0.1") as shop:
        callers = [
            Caller(origin_of(shop.url), address, customer(ground.secret), stops=False, chance=random.Random(n))  # noqa: S311
            for n, address in enumerate(islice(own_networks(), PEOPLE + 1))
        ]
        bot, people = callers[0], callers[1:]
        bot.times, bot.hands = TIMES, BOT_HANDS
        now = asyncio.get_running_loop().time() + ROOM_SEEN_SECONDS
        await all_press(callers, ticket_of(sale.id), now, now + SECONDS)
    tickets = [len(_tickets(caller)) for caller in callers]
    await _counted(ground, sale.id, sum(tickets))
    served = sum(len(each.got) for each in people) / PEOPLE
    told = f"{sum(bot.answers.values())} requests, {len(bot.got)} answered; a person {served:.1f}"
    fair = sum(tickets) / len(tickets)
    return [Measure("tickets, one cookie / fair share", tickets[0] / fair, "ratio", at_most=1.5, absolutes=told)]


async def many_cookies(ground: Ground, say: Say) -> list[Measure]:
    """Tell what one network gets that joins with ever new cookies and does the sums with a core of its own."""
    say("tickets: many cookies, one network")
    sale = await ground.fresh_sale(opens_in_seconds=600)
    await open_room(ground.database, sale.id, NewRoom())
    for start in range(0, CROWD, 100):
        people = [Newcomer(f"s:person-{n}", f"n:person-{n}") for n in range(start, start + 100)]
        await enter_batch(ground.database, sale.id, people, start // 100 % STRIPES)
    async with servers.shop(ground, WORKERS, TRUSTED_PROXIES="127.0.0.1") as shop:
        with ProcessPoolExecutor(1) as solver:
            farm = Caller(origin_of(shop.url), one_network(), forgets=True)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(solver, solve, "warm", 1)
            await asyncio.sleep(ROOM_SEEN_SECONDS)
            ends = loop.time() + FARM_SECONDS
            async with asyncio.TaskGroup() as group:
                for _ in range(FARM_HANDS):
                    group.create_task(_farm(farm, solver, sale.id, ends))
    tickets = len(_tickets(farm))
    sums = f"{farm.answers[403]} times a sum was asked for"
    told = f"{sum(farm.answers.values())} requests in {FARM_SECONDS:.0f} s: {sums}, {farm.answers[429]} refused"
    early = await _drawn_early(ground, sale.id, farm)
    unbound = f"{early} of the first {CROWD} places with {tickets} of {CROWD + tickets} tickets"
    return [
        Measure("tickets a second, many cookies of one network", tickets / FARM_SECONDS, "1/s", absolutes=told),
        Measure(
            "first places, many cookies of one network, of all", early / CROWD, "ratio", at_most=0.06, absolutes=unbound
        ),
    ]


async def _drawn_early(ground: Ground, sale_id: UUID, farm: Caller) -> int:
    """Draw, and return how many of the first CROWD places went to the farm."""
    await draw_room(ground.database, sale_id)
    room = await room_of_sale(ground.database, sale_id)
    if room is None or (wrong := await mistakes_of_draw(ground.database, room)):
        raise DoorbusterError(f"the draw is not as it was published: {wrong if room else 'it has no room'}")
    return sum((room.position(stripe, place) or 0) < CROWD for stripe, place in _tickets(farm))


async def _farm(farm: Caller, solver: ProcessPoolExecutor, sale_id: UUID, ends: float) -> None:
    """Take one ticket after the other, each as a stranger, and do the sum where one is asked for."""
    loop = asyncio.get_running_loop()
    connection = await connect(farm.origin, None, TIMEOUT_SECONDS)
    while loop.time() < ends:
        key = new_id().hex
        reply = await farm.send(connection, ticket_of(sale_id), key)
        if reply.status == 403:
            farm.answers[403] += 1
            asked = msgspec.json.decode(reply.body)
            solution = await loop.run_in_executor(solver, solve, asked["challenge"], asked["bits"])
            reply = await farm.send(connection, ticket_of(sale_id), key, f"Room-Work: {asked['challenge']} {solution}")
        farm.hear(reply, 0.0)
        if reply.status == 429:
            await asyncio.sleep(float(reply.header(b"retry-after") or 1))
    connection.close()


def solve(challenge: str, bits: int) -> str:
    """Find a text so that SHA-256 of the challenge, a colon and the text begins with so many zero bits."""
    begun, most = sha256(f"{challenge}:".encode()), 1 << (256 - bits)
    for number in count():
        tried = begun.copy()
        tried.update(b"%d" % number)
        if int.from_bytes(tried.digest(), "big") < most:
            return str(number)
    raise AssertionError("numbers do not end")


def _tickets(caller: Caller) -> set[tuple[int, int]]:
    """Return the different tickets that a caller got, stripe and place: the same customer is given the same again."""
    read = [msgspec.json.decode(body) for body in caller.got]
    return {(each["stripe"], each["place"]) for each in read}


async def _counted(ground: Ground, sale_id: UUID, tickets: int) -> None:
    given = sum(await stripe_counts(ground.database, sale_id))
    if given != tickets:
        raise DoorbusterError(f"{tickets} tickets were told, the database has {given}")
