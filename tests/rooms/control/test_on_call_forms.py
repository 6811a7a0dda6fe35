"""Setting who is on call by form: what is wrong is said beside its field, and nothing typed is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from doorbuster.on_call import pages
from doorbuster.on_call.people import everybody
from doorbuster.on_call.policy import USUAL, policies, policy_of
from doorbuster.on_call.rota import rota_at
from tests.rooms.control.room import Room, Visitor

WEEKLY = {"days": "7", "hand_over": "09:00", "zone": "Europe/London", "begins": "2026-11-23"}


@pytest.fixture
async def operator(dark_room: Room) -> Visitor:
    return await dark_room.enter("operator")


async def add(operator: Visitor, name: str, address: str = "") -> str:
    """Add somebody and return their number."""
    answer = await operator.post("/on-call/people", {"name": name, "address": address})
    assert answer.status == 303, answer.text
    return answer.location.rpartition("/")[2]


async def test_somebody_is_added_with_an_address_that_is_shown_masked(dark_room: Room, operator: Visitor) -> None:
    number = await add(operator, "Bea", "json://127.0.0.1:9/hush-hush")

    page = await operator.get(f"/on-call/people/{number}")

    assert page.says("Bea", "json://127.0.0.1/…", "Takes turns for no team yet")
    assert "hush-hush" not in page.text


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"name": "", "address": "bea@shop.example"}, "A name is needed."),
        ({"name": "Bea", "address": "pigeon"}, "That is no address a message can go to"),
        ({"name": "Ann", "address": "ann@shop.example"}, "Ann is there already."),
    ],
)
async def test_who_cannot_be_added_is_told_why_and_nothing_is_half_done(
    dark_room: Room, operator: Visitor, typed: dict[str, str], complaint: str
) -> None:
    await add(operator, "Ann")

    answer = await operator.post("/on-call/people", typed)

    assert answer.status == 422
    assert answer.says(complaint, "Everything you typed is still here")
    assert answer.typed()["name"] == typed["name"]
    assert answer.typed()["address"] == typed["address"]
    assert [person.name for person in everybody(dark_room.house.event_log).values()] == ["Ann"]


async def test_targets_are_added_and_removed_and_a_person_leaves(dark_room: Room, operator: Visitor) -> None:
    number = await add(operator, "Bea", "bea@shop.example")
    here = f"/on-call/people/{number}"

    assert (await operator.post(f"{here}/targets", {"address": "pigeon"})).says("That is no address")
    await operator.post(f"{here}/targets", {"address": "json://host/path", "important": "yes"})
    first, second = everybody(dark_room.house.event_log)[int(number)].targets
    assert (first.important, second.important) == (False, True)

    await operator.post(f"{here}/targets/{first.id}/removal")
    assert everybody(dark_room.house.event_log)[int(number)].targets == (second,)
    assert (await operator.post(f"{here}/removal")).location == "/on-call"
    assert everybody(dark_room.house.event_log) == {}
    assert (await operator.get(here)).status == 404


async def test_a_rotation_may_be_looked_at_before_it_is_set(dark_room: Room, operator: Visitor) -> None:
    ann, bea = await add(operator, "Ann"), await add(operator, "Bea")
    wish = WEEKLY | {"person.0": ann, "person.1": bea}
    log, now = dark_room.house.event_log, dark_room.clock.now()

    seen = await operator.post("/on-call/rotations/database", wish | {"try": "yes"})

    assert seen.says("With this, the next six weeks", "Nothing is set yet", "Ann", "Bea", "Europe/London")
    assert rota_at(log, now).rotations == {}

    assert (await operator.post("/on-call/rotations/database", wish)).location == "/on-call"
    assert rota_at(log, now).rotations["database"].people == (int(ann), int(bea))
    assert (await operator.get("/on-call/rotations/database")).says("As it is, the next six weeks")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"days": "99"}, "A shift must be from 1 to 28."),
        ({"hand_over": "noon"}, "The hand-over should look like 09:00."),
        ({"zone": "Europe/Lodnon"}, "There is no such time zone. One is Europe/London."),
        ({"begins": "someday"}, "The first day should look like 2026-11-30."),
        ({"person.0": ""}, "Somebody has to take turns"),
        ({"person.1": "77"}, "Choose one of those offered."),
    ],
)
async def test_a_rotation_that_cannot_be_is_shown_again_as_it_was_typed(
    dark_room: Room, operator: Visitor, typed: dict[str, str], complaint: str
) -> None:
    wish = WEEKLY | {"person.0": await add(operator, "Ann")} | typed

    answer = await operator.post("/on-call/rotations/web", wish)

    assert answer.status == 422
    assert answer.says(complaint)
    assert {name: answer.typed()[name] for name in WEEKLY} == {name: wish[name] for name in WEEKLY}
    assert rota_at(dark_room.house.event_log, dark_room.clock.now()).rotations == {}


async def test_somebody_stands_in_from_a_form_and_is_taken_back(dark_room: Room, operator: Visitor) -> None:
    ann = await add(operator, "Ann")
    now = dark_room.clock.now().astimezone(UTC)
    wish = {"team": "web", "person": ann, "begins_at": typed(now), "ends_at": typed(now + timedelta(hours=2))}

    assert (await operator.post("/on-call/stand-ins", wish)).location == "/on-call"

    page = await operator.get("/on-call")
    assert page.says("Who stands in", "Ann stands in")
    [override] = rota_at(dark_room.house.event_log, now).overrides
    await operator.post(f"/on-call/stand-ins/{override.id}/end")
    assert not (await operator.get("/on-call")).says("Who stands in")


async def test_a_stand_in_that_cannot_be_is_refused_beside_its_field(dark_room: Room, operator: Visitor) -> None:
    ann, now = await add(operator, "Ann"), dark_room.clock.now().astimezone(UTC)
    wish = {"team": "web", "person": ann, "begins_at": typed(now), "ends_at": typed(now - timedelta(hours=2))}

    assert (await operator.post("/on-call/stand-ins", wish)).says("It would be over before it begins")
    assert (await operator.post("/on-call/stand-ins", wish | {"person": "77"})).says("choose one of those offered")
    assert (await operator.post("/on-call/stand-ins", wish | {"begins_at": "soon"})).says("should look like")
    long = wish | {"ends_at": typed(now + timedelta(days=365))}
    assert (await operator.post("/on-call/stand-ins", long)).says("Nobody stands in for more than 92 days")


async def test_a_cause_gets_steps_of_its_own_and_goes_its_teams_way_again(dark_room: Room, operator: Visitor) -> None:
    await add(operator, "Ann")
    here, log = "/on-call/policies/missing_index", dark_room.house.event_log
    assert (await operator.get(here)).says("An index is missing", "belongs to the team database")

    steps = {"whom.0": "Ann", "minutes.0": "3", "whom.2": "everybody", "minutes.2": "10", "important.2": "yes"}
    await operator.post(here, steps | {"repeat": "1"})

    own = policy_of(policies(log), "database", "missing_index")
    assert [(step.whom, step.wait_minutes, step.important) for step in own.steps] == [
        ("Ann", 3, False), ("everybody", 10, True),
    ]  # fmt: skip
    assert own.repeat == 1
    assert (await operator.get("/on-call")).says("Ann for 3 min, then everybody (every target) for 10 min")

    await operator.post(f"{here}/removal")
    assert policy_of(policies(log), "database", "missing_index") == USUAL


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"minutes.0": "999"}, "A step waits from 1 to 240 minutes."),
        ({"minutes.0": "²"}, "A step waits from 1 to 240 minutes."),
        ({"whom.0": "Nemo"}, "Choose one of those offered."),
        ({"whom.0": ""}, "Somebody has to be told"),
        ({"repeat": "6"}, "Repetitions must be from 0 to 5."),
    ],
)
async def test_steps_that_cannot_be_are_refused_and_change_nothing(
    dark_room: Room, operator: Visitor, typed: dict[str, str], complaint: str
) -> None:
    wish = {"whom.0": "on-call", "minutes.0": "5", "repeat": "2"} | typed

    answer = await operator.post("/on-call/policies/database", wish)

    assert answer.status == 422
    assert answer.says(complaint)
    assert policies(dark_room.house.event_log) == {}


async def test_a_test_page_goes_the_whole_way_and_says_that_nothing_is_wrong(
    dark_room: Room, operator: Visitor
) -> None:
    await operator.post("/on-call/tests/database")

    [page] = pages.newest(dark_room.house.event_log)
    assert (page.team, page.headline, page.by_hand) == ("database", "Test: nothing is wrong", True)
    assert (await operator.get("/on-call")).says("Test: nothing is wrong", "I take it", "It is over")


@pytest.mark.parametrize("path", ["/on-call/rotations/cats", "/on-call/policies/cats"])
async def test_a_team_that_there_is_not_has_no_page(operator: Visitor, path: str) -> None:
    assert (await operator.get(path)).status == 404


async def test_whoever_may_only_look_sees_no_form(dark_room: Room) -> None:
    viewer = await dark_room.enter("viewer")

    page = await viewer.get("/on-call")

    assert not page.says("Add somebody")
    assert "/on-call/rotations/" not in page.text


def typed(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")
