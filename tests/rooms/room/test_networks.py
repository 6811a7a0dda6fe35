"""Tickets of one network: beyond its fair number they are drawn later, or cost a sum where there is no draw."""

import asyncio
import random

import pytest

from doorbuster.database import open_database
from doorbuster.room.draw import LATER_BANDS, STRIPES, band_of_stripe
from doorbuster.room.entering import Entrance, Newcomer, Owing, enter_batch
from doorbuster.room.flood import BITS, band_of_bits, bits_of_band
from doorbuster.room.rooms import close_room, mistakes_of_draw
from doorbuster.room.signing import Ticket
from tests.rooms.room.conftest import House
from tests.rooms.sale.market import statement

FAIR = 50
COUNTED = statement("SELECT network, tickets FROM room_networks WHERE sale_id = :sale_id ORDER BY network")


async def come(
    house: House, names: str, count: int, network: str | None = "n:one", paid: int = 0
) -> list[Ticket | Owing | None]:
    """Let so many newcomers in from one network, a hundred at a time."""
    newcomers = [Newcomer(f"s:{names}{n}", network, paid) for n in range(count)]
    tickets: list[Ticket | Owing | None] = []
    for start in range(0, count, 100):
        tickets += await enter_batch(
            house.database, house.sale.id, newcomers[start : start + 100], start // 100 % STRIPES
        )
    return tickets


def bands_of(tickets: list[Ticket | Owing | None]) -> list[int]:
    return [
        band_of_stripe(ticket.stripe) for ticket in tickets if isinstance(ticket, Ticket) and ticket.stripe is not None
    ]


async def test_what_a_network_takes_beyond_its_fair_number_is_drawn_after_everybodys_first(coming: House) -> None:
    await coming.open()
    farm = await come(coming, "bot", 6 * FAIR)
    people = [(await come(coming, f"p{n}-", 1, f"n:{n}"))[0] for n in range(20)]
    assert bands_of(farm) == [0] * FAIR + [1] * (3 * FAIR) + [2] * (2 * FAIR)
    assert bands_of(people) == [0] * 20

    await coming.draw()
    room = await coming.room()
    assert await mistakes_of_draw(coming.database, room) == []
    assert max(room.position(each.stripe, each.place) or 0 for each in people if isinstance(each, Ticket)) < FAIR + 20


async def test_a_network_with_many_people_has_one_in_twenty_of_a_great_crowd_among_the_first(coming: House) -> None:
    await coming.open()
    await come(coming, "crowd", 2_000, None)
    carrier = await come(coming, "carrier", 200, "n:carrier")

    # A twentieth of what was there before each of its two batches.
    assert bands_of(carrier) == [0] * 105 + [1] * 95


async def test_two_hundred_people_behind_one_address_all_have_a_ticket(coming: House) -> None:
    await coming.open()
    tickets = await come(coming, "colleague", 200)

    assert all(isinstance(ticket, Ticket) for ticket in tickets)
    await coming.draw()
    assert sorted((await coming.positions([f"colleague{n}" for n in range(200)])).values()) == list(range(200))


async def test_who_asks_again_has_the_same_ticket_and_does_not_count_twice(coming: House) -> None:
    await coming.open()
    first = await come(coming, "bot", 60)

    assert await come(coming, "bot", 60) == first
    assert await counted(coming) == {"n:one": 60}


async def test_callers_whose_network_is_not_known_are_among_the_first(coming: House) -> None:
    await coming.open()

    assert bands_of(await come(coming, "somebody", 120, None)) == [0] * 120


async def test_after_the_draw_the_sum_pays_for_what_is_beyond_the_fair_number(house: House) -> None:
    await house.open()
    await come(house, "bot", FAIR)
    assert await come(house, "more", 2) == [Owing(1), Owing(1)]
    assert await counted(house) == {"n:one": FAIR}, "who got no ticket does not count"

    assert await come(house, "more", 2, paid=1) == await come(house, "more", 2)
    (stranger,) = await come(house, "stranger", 1, "n:other")
    assert isinstance(stranger, Ticket)
    assert stranger.place == FAIR + 2, "and holds nobody up"


async def test_the_sum_grows_with_what_a_network_has(house: House) -> None:
    await house.open("first_come")
    await come(house, "bot", 4 * FAIR, paid=LATER_BANDS)

    assert await come(house, "more", 1, paid=1) == [Owing(2)]
    assert [bits_of_band(band) for band in range(LATER_BANDS + 1)] == [BITS, BITS + 3, BITS + 6]
    assert [band_of_bits(bits) for bits in (0, BITS, BITS + 2, BITS + 3, BITS + 6, 256)] == [0, 0, 0, 1, 2, 2]


async def test_a_closed_room_asks_for_no_sum(house: House) -> None:
    await house.open()
    await come(house, "bot", FAIR)
    assert await close_room(house.database, house.sale.id)

    assert await come(house, "more", 1) == [None]


async def test_two_doors_at_once_count_every_ticket_once(coming: House, database_url: str) -> None:
    """Two workers, batches of all networks in different orders, and the draw among them: no number is lost."""
    await coming.open()
    async with open_database(database_url, connections=4, application="other") as other:
        doors = [Entrance(each, random.Random(n)) for n, each in enumerate((coming.database, other))]
        newcomers = [Newcomer(f"s:v{n}", f"n:{n * 7 % 3}") for n in range(400)]
        asked = [doors[n % 2].enter(coming.sale.id, each) for n, each in enumerate(newcomers)]
        tickets = await asyncio.gather(*asked, *[doors[1].enter(coming.sale.id, each) for each in newcomers[:50]])

    assert len({(each.stripe, each.place) for each in tickets if isinstance(each, Ticket)}) == 400
    assert sum((await counted(coming)).values()) == 400
    await coming.draw()
    assert await mistakes_of_draw(coming.database, await coming.room()) == []


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_in_whatever_batches_each_band_is_as_a_model_says(coming: House, seed: int) -> None:
    """The model counts one ticket after the other, and knows what the first band had before each batch."""
    await coming.open()
    chance, taken, firsts = random.Random(seed), dict.fromkeys("abcd", 0), 0
    for batch in range(30):
        names = chance.choices("abcd?", weights=(30, 8, 2, 1, 20), k=chance.randint(1, 120))
        newcomers = [Newcomer(f"s:{batch}-{n}", None if name == "?" else name) for n, name in enumerate(names)]
        tickets = await enter_batch(coming.database, coming.sale.id, newcomers, chance.randrange(STRIPES))
        fair, expected = max(FAIR, firsts // 20), []
        for name in names:
            taken[name] = taken.get(name, 0) + 1
            beyond = 0 if name == "?" or taken[name] <= fair else 1 if taken[name] <= 4 * fair else 2
            expected.append(beyond)
        firsts += expected.count(0)
        assert bands_of(tickets) == expected

    await coming.draw()
    assert await mistakes_of_draw(coming.database, await coming.room()) == []


async def counted(house: House) -> dict[str, int]:
    return {row["network"]: row["tickets"] for row in await house.database.fetch(COUNTED, sale_id=house.sale.id)}
