"""The diagnosis' page and what programs are told: the cause, what to do, and what it is not."""

import asyncio
import json
from dataclasses import replace
from random import Random

import pytest

from doorbuster.watch.diagnosis import records
from doorbuster.watch.diagnosis.doctor import Doctor, Evidence, Senses
from doorbuster.watch.diagnosis.examination import Examination
from tests.rooms.control.room import Room
from tests.rooms.watch.diagnosis.cases import CASES, ticks


def suffering(cause: str) -> tuple[Doctor, list[Evidence]]:
    """A doctor who has looked at ten ill seconds, and the evidence kept."""
    case, kept = CASES[cause], []

    async def examine(_: object) -> Examination:
        return case.examined

    async def keep(evidence: Evidence) -> None:
        kept.append(evidence)

    seen = ticks(case.ill, Random(1), seconds=10)
    senses = Senses(
        lambda _: seen, lambda _: list(case.changes), lambda: case.sessions, lambda: case.examined.holders,
        examine, keep, 2,
    )  # fmt: skip
    doctor = Doctor(senses)

    async def look() -> None:
        await doctor.look()
        await doctor.look()

    asyncio.run(look())
    return doctor, kept


def ill(room: Room, cause: str) -> Room:
    doctor, kept = suffering(cause)
    for evidence in kept:
        records.keep(room.house.event_log, evidence)
    room.state["house"] = replace(room.house, doctor=doctor)
    return room


async def test_a_house_that_is_well_says_so(dark_room: Room) -> None:
    page = await (await dark_room.enter("viewer")).get("/diagnosis")

    assert page.says("Nothing hurts", "Nothing has hurt yet")


@pytest.fixture
async def hurt(dark_room: Room) -> Room:
    """A control room whose shop misses an index, while the database does not answer it."""
    return await asyncio.to_thread(ill, dark_room, "missing_index")


async def test_the_cause_stands_first_with_what_to_do_and_what_it_is_not(hurt: Room) -> None:
    page = await _page(hurt, "/diagnosis")

    assert page.says(
        "Sequential scans on orders by query orders_of_shopper; add index orders_by_email",
        "CREATE INDEX CONCURRENTLY orders_by_email",
        "Restarting them will not help",
        "Set off by: index dropped: orders_by_email",
    )


@pytest.mark.parametrize("path", ["/", "/alerts"])
async def test_the_overview_and_the_alerts_lead_to_the_cause_and_its_lever(hurt: Room, path: str) -> None:
    page = await _page(hurt, path)

    assert page.says("Sequential scans on orders by query orders_of_shopper", "CREATE INDEX CONCURRENTLY")
    assert 'href="/diagnosis"' in page.text


async def test_the_frozen_evidence_is_one_click_away(hurt: Room) -> None:
    assert 'href="/diagnosis/1"' in (await _page(hurt, "/diagnosis")).text
    page = await _page(hurt, "/diagnosis/1")

    assert page.says("What had changed most", "db.seq_rows", "orders_of_shopper reads orders from end to end")


async def test_evidence_that_is_not_there_is_no_page(hurt: Room) -> None:
    assert (await _page(hurt, "/diagnosis/7")).status == 404


async def test_programs_read_the_same(hurt: Room) -> None:
    told = json.loads((await _told(hurt, address="127.0.0.1")).text)

    assert (told["now"]["cause"], told["now"]["team"]) == ("missing_index", "database")
    assert told["now"]["named_at"] - told["now"]["onset"] <= 12


async def test_strangers_read_nothing(hurt: Room) -> None:
    assert (await _told(hurt, address="192.0.2.7")).status == 403


async def _page(room: Room, path: str):
    return await (await room.enter("viewer")).get(path)


async def _told(room: Room, address: str):
    visitor = await room.enter("viewer")
    visitor.address = address
    return await visitor.get("/api/v1/diagnosis")
