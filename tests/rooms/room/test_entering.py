"""Tickets and passes: one each, in the exact order, kept by the database."""

import asyncio
import random
from uuid import UUID

import pytest

from doorbuster.database import open_database
from doorbuster.room.entering import Entrance, Newcomer, ticket_of
from doorbuster.room.rooms import NewRoom, close_room, draw_room, mistakes_of_draw, open_room, pause_room, resume_room
from doorbuster.room.signing import Signer, Ticket, pass_cookie
from tests.rooms.room.conftest import PASSES_OVER, SOLD, House
from tests.rooms.sale.market import statement

TICKETS = statement("SELECT stripe, place FROM room_tickets ORDER BY stripe, place")
FORGE = statement("UPDATE room_tickets SET place = 5000 WHERE customer_key = 's:v3'")


async def test_who_registers_twice_has_one_ticket(coming: House) -> None:
    await coming.open()
    first = await coming.enter("ann", "bob", stripe=3)
    again = await coming.enter("bob", "ann", stripe=5)

    assert again == first[::-1]
    assert len(await coming.database.fetch(TICKETS)) == 2


async def test_whoever_knocks_from_all_sides_at_once_has_one_ticket_and_no_number_is_lost(
    coming: House, database_url: str
) -> None:
    await coming.open()
    async with open_database(database_url, connections=8, application="other") as other:
        doors = [Entrance(each, random.Random(n)) for n, each in enumerate((coming.database, other))]
        asked = [door.enter(coming.sale.id, Newcomer(f"s:v{n % 40}")) for n in range(200) for door in doors]
        tickets = await asyncio.gather(*asked)

    assert len({(ticket.stripe, ticket.place) for ticket in tickets if ticket}) == 40
    await coming.draw()
    room = await coming.room()
    assert room.cohort == 40
    assert await mistakes_of_draw(coming.database, room) == []


async def test_a_draw_happens_once_and_whoever_comes_during_it_comes_after_it_or_takes_part(coming: House) -> None:
    await coming.open()
    names = [f"v{n}" for n in range(60)]
    door = Entrance(coming.database, random.Random(1))

    async def draw_soon() -> bool:
        await asyncio.sleep(0.004)
        return await draw_room(coming.database, coming.sale.id)

    *_, first, second = await asyncio.gather(
        *[door.enter(coming.sale.id, Newcomer(f"s:{name}")) for name in names], draw_soon(), draw_soon()
    )

    assert {first, second} == {True, False}
    assert sorted((await coming.positions(names)).values()) == list(range(60))
    assert await mistakes_of_draw(coming.database, await coming.room()) == []


async def test_a_draw_gives_every_position_once_and_late_comers_come_after_in_their_order(coming: House) -> None:
    await coming.open()
    early = [f"v{n}" for n in range(300)]
    await coming.enter_scattered(early)
    assert (await coming.room()).draw is None
    await coming.draw()
    late = ["x", "y", "z"]
    for name in late:
        await coming.enter(name)

    assert sorted((await coming.positions(early)).values()) == list(range(300))
    assert await coming.positions(late) == {"x": 300, "y": 301, "z": 302}


async def test_the_commitment_is_told_before_and_the_secret_after(coming: House) -> None:
    await coming.open(beacon="11 23 42")
    await coming.enter("ann")
    before = await coming.room()
    await coming.draw()
    after = await coming.room()

    assert (before.secret, before.seed) == (None, None)
    assert after.secret is not None
    assert after.commitment == before.commitment
    assert await mistakes_of_draw(coming.database, after) == []


async def test_a_forged_ticket_shows_when_the_draw_is_checked(coming: House) -> None:
    await coming.open()
    await coming.enter(*[f"v{n}" for n in range(8)], stripe=2)
    await coming.draw()
    await coming.database.execute(FORGE)

    assert await mistakes_of_draw(coming.database, await coming.room()) == [
        "Stripe 2 counts 8 tickets, but has not exactly those."
    ]


async def test_a_room_that_is_first_come_gives_positions_from_the_start(coming: House) -> None:
    await coming.open("first_come")
    await coming.enter("ann")
    await coming.enter("bob", "cid")
    before = await coming.positions(["ann", "bob", "cid"])
    await coming.draw()
    await coming.enter("dan")

    assert before == {"ann": 0, "bob": 1, "cid": 2}
    assert await coming.positions(["ann", "dan"]) == {"ann": 0, "dan": 3}


async def test_a_closed_room_gives_no_ticket_and_opens_again_with_its_places(coming: House) -> None:
    await coming.open()
    before = await coming.enter("ann", stripe=4)
    secret = (await coming.room()).commitment
    assert await close_room(coming.database, coming.sale.id)
    assert await coming.enter("bob") == [None]
    await coming.open()

    assert not await open_room(coming.database, coming.sale.id, NewRoom())
    assert await coming.enter("ann", stripe=9) == before
    assert (await coming.room()).commitment == secret


async def test_nobody_comes_in_before_their_turn_and_a_turn_gives_one_pass(house: House) -> None:
    await house.open()
    await house.enter("ann", "bob")
    room = await house.second()
    assert (room.phase, room.serving) == ("admitting", 2)
    await house.enter("cid")

    first, second = await house.admit(cid=2), await house.admit(ann=0)
    again = await house.admit(ann=0)
    assert [each.word for each in first + second] == ["NotYet", "Passed"]
    assert again == second
    assert (await house.room()).admitted == 1
    assert await house.words(nobody=0) == ["NoTicket"]


async def test_who_comes_too_late_comes_in_once_more_and_not_a_second_time(house: House) -> None:
    await house.open()
    await house.enter("ann")
    await house.second()
    await house.later(100)
    assert await house.words(ann=0) == ["Passed"]
    await house.database.execute(PASSES_OVER)
    await house.second()

    assert await house.words(ann=0) == ["Lapsed"]


async def test_whose_pass_ran_out_comes_in_once_more(house: House) -> None:
    await house.open()
    await house.enter("ann")
    await house.second()
    told = []
    for _ in range(3):
        told += await house.words(ann=0)
        await house.database.execute(PASSES_OVER)
        await house.second()

    assert told == ["Passed", "Passed", "Lapsed"]


async def test_during_a_pause_nobody_is_called_or_admitted_and_no_turn_runs_out(house: House) -> None:
    await house.open()
    await house.enter("ann", "bob")
    await house.second()
    await pause_room(house.database, house.sale.id)
    await house.enter("cid")
    assert await house.words(ann=0) == ["Paused"]
    for _ in range(3):
        await house.later(60)
        room = await house.second(60)
    assert room.serving == 2

    await resume_room(house.database, house.sale.id)
    room = await house.second()
    assert room.serving == 3
    assert await house.words(bob=1) == ["Passed"]
    await house.database.execute(PASSES_OVER)
    await house.second()
    assert await house.words(bob=1) == ["Passed"]  # the pause took nothing: the second chance is still there


async def test_sold_out_is_told_to_everybody_at_once(house: House) -> None:
    await house.open()
    await house.enter("ann", "bob")
    await house.second()
    await house.database.execute(SOLD, sale_id=house.sale.id)
    room = await house.second()

    assert (room.phase, room.units_left) == ("sold_out", 0)
    assert await house.words(ann=0, bob=1) == ["SoldOut", "SoldOut"]
    assert await house.enter("cid") == [None]


async def test_places_survive_a_restart(house: House, database_url: str) -> None:
    await house.open("first_come")
    await house.enter("ann", "bob")
    async with open_database(database_url, connections=1, application="after the restart") as again:
        assert (await ticket_of(again, house.sale.id, "s:bob")) == (await house.enter("bob"))[0]
        assert await ticket_of(again, house.sale.id, "s:nobody") is None


SIGNER = Signer("s" * 40, secure=False)


def test_a_pass_is_good_for_its_customer_its_sale_and_its_time(house: House) -> None:
    sale_id = house.sale.id
    text = SIGNER.pass_text(sale_id, "s:ann", 1000)

    assert SIGNER.is_pass(sale_id, "s:ann", text, 999)
    assert not SIGNER.is_pass(sale_id, "s:ann", text, 1000)
    assert not SIGNER.is_pass(sale_id, "s:bob", text, 999)
    assert not SIGNER.is_pass(UUID(int=7), "s:ann", text, 999)
    assert not SIGNER.is_pass(sale_id, "s:ann", text.replace("1000", "9000"), 999)
    assert not Signer("t" * 40, secure=False).is_pass(sale_id, "s:ann", text, 999)


@pytest.mark.parametrize("text", ["", "~", "1000", "1000~", "1000~é", "~AAAA", "x~y~z"])
def test_what_is_no_pass_is_none(house: House, text: str) -> None:
    assert not SIGNER.is_pass(house.sale.id, "s:ann", text, 1)
    assert SIGNER.ticket_of(house.sale.id, "s:ann", text) is None


def test_a_ticket_is_no_pass_and_a_link_carries_a_place_for_a_day(house: House) -> None:
    sale_id = house.sale.id
    for ticket in (Ticket(3, 17, 5), Ticket(None, 4, 5)):
        text = SIGNER.ticket_text(sale_id, "s:ann", ticket)
        assert SIGNER.ticket_of(sale_id, "s:ann", text) == ticket
        assert SIGNER.ticket_of(sale_id, "s:bob", text) is None
        assert not SIGNER.is_pass(sale_id, "s:ann", text, 1)
    link = SIGNER.link_text(sale_id, "s:ann", 0)
    assert SIGNER.customer_of_link(sale_id, link, 3600) == "s:ann"
    assert SIGNER.customer_of_link(sale_id, link, 86_401) is None


def test_a_cookie_is_found_among_others(house: House) -> None:
    name = pass_cookie(house.sale.id)
    assert SIGNER.kept(name, f"a=b; {name}=x~y; c=d") == "x~y"
    assert SIGNER.kept(name, f"not{name}=x") == ""
