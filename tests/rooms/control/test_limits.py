"""The guard's page: what callers may send, levers with reason and undo, and what a refusal's id tells."""

from datetime import UTC, datetime

import pytest

from doorbuster.accounts.tokens import internal_token
from doorbuster.control.gate import gate_of, rooms_of
from doorbuster.guard.policy import DEFAULTS
from doorbuster.guard.refusals import Refusal, id_of, who_of
from doorbuster.metrics import Family, Series
from doorbuster.watch.collector import Collector
from doorbuster.watch.snapshots import Snapshot
from tests.rooms.control.room import Room, Visitor

TIGHT = {
    "rate": "0.5", "burst": "2", "network_rate": "5", "network_burst": "10", "mode": "refuse", "minutes": "60",
    "reason": "a flood of claims",
}  # fmt: skip


@pytest.fixture
async def operator(dark_room: Room) -> Visitor:
    """Somebody who may pull levers, while the database does not answer."""
    return await dark_room.enter("operator")


async def test_the_limits_in_force_are_shown_with_what_they_mean(operator: Visitor) -> None:
    page = await operator.get("/guard")

    assert page.says("claim a unit", "1/s, 6 at once", "refuses", "Nobody has pulled a lever yet")


async def test_a_lever_is_pulled_with_a_reason_and_stands_in_the_journal(dark_room: Room, operator: Visitor) -> None:
    assert (await operator.post("/guard/limits/hold", TIGHT)).location == "/guard"

    assert (await operator.get("/guard")).says("0.5/s, 2 at once", "a flood of claims", "in force")
    line = dark_room.story("limit:hold")[0]
    assert (line.verb, line.detail["reason"], line.detail["rate"]) == ("limit.set", "a flood of claims", 0.5)


async def test_a_change_is_tried_without_a_reason_and_nothing_is_pulled(dark_room: Room, operator: Visitor) -> None:
    page = await operator.post("/guard/limits/hold", TIGHT | {"reason": "", "try": "yes"})

    assert (page.status, page.says("None of 0 workers answered in time")) == (200, True)
    assert page.typed()["rate"] == "0.5"
    assert dark_room.story("limit:hold") == []
    step = {"what": "step-2", "minutes": "10", "reason": "", "try": "yes"}
    assert (await operator.post("/guard/load", step)).says("a step of the ladder refuses nobody")


async def test_what_is_tried_must_make_sense_too(operator: Visitor) -> None:
    page = await operator.post("/guard/limits/hold", TIGHT | {"rate": "0", "reason": "", "try": "yes"})

    assert (page.status, page.says("It must be from 0.001"), page.says("A reason is needed")) == (422, True, False)


@pytest.mark.parametrize(
    ("token", "body", "status"),
    [
        (False, b"{}", 401),
        (True, b"nonsense", 400),
        (True, b'{"name":"lane:nowhere"}', 400),
        (True, b'{"name":"hold"}', 400),
    ],
)
async def test_only_this_installation_asks_and_only_what_makes_sense(
    dark_room: Room, operator: Visitor, token: bool, body: bytes, status: int
) -> None:
    shown = {"internal_token": internal_token(dark_room.settings.secret)} if token else {}

    assert (await operator.send("POST", "/internal/rehearsals", body, shown)).status == status


async def test_the_form_begins_with_what_is_in_force(operator: Visitor) -> None:
    typed = (await operator.get("/guard/limits/hold")).typed()

    assert (typed["rate"], typed["burst"]) == ("1", "6")


async def test_a_lever_is_taken_back(operator: Visitor) -> None:
    await operator.post("/guard/limits/hold", TIGHT)

    assert (await operator.post("/guard/levers/1/undo")).location == "/guard"
    assert (await operator.get("/guard")).says("1/s, 6 at once", "undone by")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rate": "fast"}, "A client's rate should be a number"),
        ({"rate": "0"}, "It must be from 0.001"),
        ({"rate": "nan"}, "It must be from 0.001"),
        ({"network_burst": "many"}, "A network's burst"),
        ({"reason": ""}, "A reason"),
        ({"mode": "perhaps"}, "What it does"),
    ],
)
async def test_a_slip_is_told_beside_its_field_and_changes_nothing(
    operator: Visitor, change: dict[str, str], complaint: str
) -> None:
    page = await operator.post("/guard/limits/hold", TIGHT | change)

    assert page.status == 422
    assert page.says(complaint)
    assert (await operator.get("/guard")).says("Nobody has pulled a lever yet")


async def test_there_is_no_limit_of_a_class_that_does_not_exist(operator: Visitor) -> None:
    assert (await operator.get("/guard/limits/everything")).status == 404


async def test_the_id_that_a_shopper_was_told_is_looked_up(dark_room: Room, operator: Visitor) -> None:
    refusal = Refusal(datetime(2026, 11, 27, 15, 0, tzinfo=UTC), "hold", "client", DEFAULTS.version, who_of("s:ada"))
    text = id_of(refusal, dark_room.house.settings.secret)

    page = await operator.get(f"/guard?refusal={text}")

    assert page.says("hold: claim a unit", "It was more than one client may send.", who_of("s:ada"))
    assert (await operator.get("/guard?refusal=R-NONSENSE")).says("That is no refusal of this shop.")


async def test_who_may_only_look_sees_the_guard_and_pulls_nothing(dark_room: Room) -> None:
    viewer = await dark_room.enter("viewer")

    assert (await viewer.get("/guard")).status == 200
    assert (await viewer.post("/guard/limits/hold", TIGHT)).status == 403


CLOSING = {"what": "close-search", "minutes": "10", "reason": "the database is drowning"}


async def test_a_lane_is_closed_and_a_step_is_set_by_one_form(dark_room: Room, operator: Visitor) -> None:
    assert (await operator.post("/guard/load", CLOSING)).location == "/guard"
    assert (await operator.post("/guard/load", CLOSING | {"what": "step-2"})).location == "/guard"

    page = await operator.get("/guard")
    assert page.says("search is closed", "step 2: no mending of mistyped search words", "the database is drowning")
    assert dark_room.story("lane:search")[0].verb == "lane.set"


async def test_taking_load_off_wants_a_reason(operator: Visitor) -> None:
    page = await operator.post("/guard/load", CLOSING | {"reason": ""})

    assert page.status == 422
    assert page.says("A reason")


def reports(name: str, **gauges: float) -> Snapshot:
    """What a worker pushes."""
    families = (Family(f"doorbuster_{each}", "gauge", "", (), (Series((), value),)) for each, value in gauges.items())
    return Snapshot(name, 1, 0.0, 1, tuple(families))


def test_the_gates_of_all_workers_are_added_up() -> None:
    collector = Collector()
    for name, level in (("web-1", 150), ("web-2", 151)):
        collector.take(reports(name, gate_limit=5, gate_inside=4, gate_waiting=3, gate_threshold=level), 10.0)

    gate = gate_of(collector, 10.0)
    assert (gate.processes, gate.limit, gate.inside, gate.waiting, gate.threshold) == (2, 10, 8, 6, 151)


async def test_the_page_shows_what_the_gates_do_just_now(dark_room: Room, operator: Visitor) -> None:
    # The highest there are: the process that runs the tests may have reported gauges of its own.
    snapshot = reports("web-1", gate_limit=5, gate_threshold=399, brownout_step=4)
    dark_room.house.collector.take(snapshot, dark_room.house.clock.monotonic())

    assert (await operator.get("/guard")).says("below level 399", "brown-out step 4")


def test_what_the_waiting_rooms_do_is_shown_by_sale() -> None:
    series = (Series(("lamps", "waiting"), 7.0), Series(("lamps", "pace"), 2.5), Series(("vases", "waiting"), 1.0))
    collector = Collector()
    family = Family("doorbuster_room", "gauge", "", ("sale", "what"), series)
    collector.take(Snapshot("jobs", 1, 0.0, 1, (family,)), 0.0)

    assert rooms_of(collector, 1.0) == {"lamps": {"waiting": 7.0, "pace": 2.5}, "vases": {"waiting": 1.0}}
