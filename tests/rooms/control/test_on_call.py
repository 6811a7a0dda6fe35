"""The page of on-call, and the link by which a page is taken without logging in."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from doorbuster.journal import Actor
from doorbuster.on_call import pages, people
from doorbuster.on_call.links import LASTS_SECONDS, token_of
from doorbuster.on_call.pages import Page, Trouble
from tests.rooms.control.room import Room

ANN = Actor("ann", "operator")
SCANS = Trouble(
    "incident/1", "missing_index", "database", "Sequential scans on orders", "Add the index.", "http://room.test/"
)


@pytest.fixture
def paged(dark_room: Room) -> Page:
    """A trouble that nobody has taken yet."""
    return pages.notify(dark_room.house.event_log, SCANS, int(dark_room.clock.now().timestamp()))


def link(room: Room, page: Page, person: int = 1) -> str:
    return f"/on-call/pages/{page.id}/{token_of(room.house.settings.secret, page.id, person)}"


async def test_a_house_that_would_page_nobody_says_so_and_how_to_mend_it(dark_room: Room) -> None:
    page = await (await dark_room.enter("operator")).get("/on-call")

    assert page.says("Nobody would be paged", "Add somebody with an address")


async def test_people_are_shown_with_their_targets_masked(dark_room: Room) -> None:
    log, now = dark_room.house.event_log, datetime(2026, 11, 27, tzinfo=UTC)
    people.add_person(log, ANN, "Bea", now)
    people.add_target(log, ANN, "Bea", "mailto://bea:hush-hush@mail.example", important=False, now=now)

    page = await (await dark_room.enter("viewer")).get("/on-call")

    assert page.says("Bea")
    assert "hush-hush" not in page.text


async def test_an_operator_takes_a_page_with_one_press(dark_room: Room, paged: Page) -> None:
    operator = await dark_room.enter("operator")
    assert (await operator.get("/on-call")).says("Sequential scans on orders", "nobody has taken it")

    assert (await operator.post(f"/on-call/pages/{paged.id}/acknowledgement")).location == "/on-call"

    assert pages.page_by_id(dark_room.house.event_log, paged.id).state == "acknowledged"


async def test_a_viewer_takes_nothing(dark_room: Room, paged: Page) -> None:
    viewer = await dark_room.enter("viewer")

    assert (await viewer.post(f"/on-call/pages/{paged.id}/acknowledgement")).status == 403
    assert pages.page_by_id(dark_room.house.event_log, paged.id).state == "open"


async def test_a_mail_scanner_that_follows_the_link_takes_nothing(dark_room: Room, paged: Page) -> None:
    seen = await dark_room.visitor().get(link(dark_room, paged))

    assert seen.says("Sequential scans on orders", "I take it")
    assert pages.page_by_id(dark_room.house.event_log, paged.id).state == "open"


async def test_whoever_was_sent_the_link_takes_the_page_by_name_without_logging_in(
    dark_room: Room, paged: Page
) -> None:
    people.add_person(dark_room.house.event_log, ANN, "Bea", datetime(2026, 11, 27, tzinfo=UTC))
    phone = dark_room.visitor()
    assert (await phone.get(link(dark_room, paged))).says("Bea: I take it")

    assert (await phone.post(link(dark_room, paged))).status == 303

    assert (await phone.get(link(dark_room, paged))).says("It is taken (Bea)")


async def test_a_link_that_was_made_up_takes_nothing_and_says_politely_what_to_do(dark_room: Room, paged: Page) -> None:
    whole = link(dark_room, paged)
    for broken in (whole[:-1], whole.replace("/1-", "/2-"), f"/on-call/pages/{paged.id}/{'0' * 40}"):
        for answer in (await dark_room.visitor().get(broken), await dark_room.visitor().post(broken)):
            assert answer.status == 404
            assert answer.says("This link takes no page", "Nothing was changed")
    assert pages.page_by_id(dark_room.house.event_log, paged.id).state == "open"


async def test_a_link_is_worth_nothing_after_a_week(dark_room: Room, paged: Page) -> None:
    dark_room.clock.advance(LASTS_SECONDS + 1)

    answer = await dark_room.visitor().post(link(dark_room, paged))

    assert answer.status == 410
    assert answer.says("older than a week")
    assert pages.page_by_id(dark_room.house.event_log, paged.id).state == "open"


async def test_a_test_message_to_a_target_says_what_became_of_it(dark_room: Room) -> None:
    log, now = dark_room.house.event_log, datetime(2026, 11, 27, tzinfo=UTC)
    people.add_person(log, ANN, "Bea", now)
    number = people.add_target(log, ANN, "Bea", "json://127.0.0.1:9/hush-hush", important=False, now=now)
    operator = await dark_room.enter("operator")

    answer = await operator.post(f"/on-call/targets/{number}/test")

    assert answer.says("was not delivered: the receiver did not take it")
    assert "hush-hush" not in answer.text


async def test_a_page_made_by_hand_is_ended_in_the_control_room(dark_room: Room) -> None:
    log = dark_room.house.event_log
    page = pages.notify(log, replace(SCANS, key="by-hand/1"), int(dark_room.clock.now().timestamp()))
    operator = await dark_room.enter("operator")
    assert (await operator.get("/on-call")).says("It is over")

    await operator.post(f"/on-call/pages/{page.id}/resolution")

    assert pages.page_by_id(log, page.id).state == "closed"
