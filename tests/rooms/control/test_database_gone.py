"""The database has a bad day; the control room stays up and says so."""

import pytest

from tests.rooms.control.room import Room


async def test_the_overview_says_that_customers_are_being_hurt_and_why(dark_room: Room):
    viewer = await dark_room.enter("viewer")
    await dark_room.house.pulse.beat()
    answer = await viewer.get("/")
    assert answer.status == 200
    assert answer.says("Customers are being hurt", "The database does not answer", "cannot be said")


SOME_ID = "00000000-0000-7000-8000-0000000000ff"


@pytest.mark.parametrize(
    "path", ["/sales", "/orders", "/outbox", "/products", f"/sales/{SOME_ID}", f"/orders/{SOME_ID}"]
)
async def test_a_page_that_needs_it_says_honestly_that_it_is_gone(dark_room: Room, path):
    owner = await dark_room.enter("owner")
    answer = await owner.get(path)
    assert answer.status == 503
    assert answer.says("The database does not answer", "These work without the database")


async def test_journal_operators_and_health_need_no_database(dark_room: Room):
    owner = await dark_room.enter("owner")
    for path in ("/journal", "/operators", "/healthz", "/readyz", "/log-in"):
        assert (await owner.get(path)).status == 200, path


async def test_readiness_tells_the_state_of_the_database(room: Room, dark_room: Room):
    for each, state in ((room, "up"), (dark_room, "down")):
        await each.house.pulse.beat()
        assert f"database {state}" in (await each.visitor().get("/readyz")).text


async def test_a_change_that_cannot_be_written_down_is_not_made(room: Room, scene):
    sale = await scene.open_sale()
    operator = await room.enter("operator")
    log = room.house.event_log
    log._connection.execute("PRAGMA query_only = ON")
    answer = await operator.post(f"/sales/{sale.id}/pause", {"reason": "disk is full"})
    log._connection.execute("PRAGMA query_only = OFF")
    assert answer.status == 503
    assert not (await operator.get(f"/sales/{sale.id}")).says("paused")
