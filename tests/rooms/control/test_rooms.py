"""An operator opens a sale's waiting room, steers it, and closes it, by one form."""

import re
from uuid import UUID

import pytest

from doorbuster.room.entering import Newcomer, enter_batch
from doorbuster.room.rooms import room_of_sale
from doorbuster.sale.sales import sale_by_id
from tests.rooms.control.room import Answer, Room, Visitor
from tests.rooms.control.test_sales import scheduled
from tests.rooms.shop.conftest import Scene


@pytest.fixture
async def sale(room: Room, scene: Scene) -> UUID:
    await scene.stock("lamp", 100)
    return await scheduled(await room.enter("merchant"))


@pytest.fixture
async def operator(room: Room) -> Visitor:
    return await room.enter("operator")


def wish(what: str, ceiling: str = "", reason: str = "the opening") -> dict[str, str]:
    return {"what": what, "ceiling": ceiling, "reason": reason}


def offered(page: Answer) -> set[str]:
    return set(re.findall(r'<option value="([a-z-]+)"', page.text))


async def test_a_sale_without_a_room_says_so(operator: Visitor, sale: UUID) -> None:
    assert (await operator.get(f"/sales/{sale}/room")).says("This sale has none")


async def test_a_room_is_opened_paused_resumed_and_closed(room: Room, operator: Visitor, sale: UUID) -> None:
    address = f"/sales/{sale}/room"
    assert (await operator.post(address, wish("lottery", "20"))).location == address
    assert (await operator.get(address)).says("taking tickets until the opening", "drawn at the opening", "at most 20")
    for what in ("pause", "resume", "close"):
        assert (await operator.post(address, wish(what))).location == address

    opened = await room_of_sale(room.house.database, sale)
    assert opened is not None
    assert opened.phase == "closed"


async def test_only_what_can_be_done_is_offered_and_tickets_are_counted_before_the_draw(
    room: Room, operator: Visitor, sale: UUID
) -> None:
    address = f"/sales/{sale}/room"
    assert offered(await operator.get(address)) == {"lottery", "first-come"}
    await operator.post(address, wish("lottery"))
    await enter_batch(room.house.database, sale, [Newcomer("s:ada"), Newcomer("s:bob")], 3)
    page = await operator.get(address)
    assert offered(page) == {"pause", "ceiling", "close"}
    assert page.says("Tickets 2")
    await operator.post(address, wish("pause"))
    assert offered(await operator.get(address)) == {"resume", "ceiling", "close"}


async def test_what_cannot_be_done_is_said_beside_its_field(operator: Visitor, sale: UUID) -> None:
    page = await operator.post(f"/sales/{sale}/room", wish("resume"))

    assert page.status == 409
    assert page.says("The room is not such that this can be done.")


async def test_it_wants_a_reason(operator: Visitor, sale: UUID) -> None:
    assert (await operator.post(f"/sales/{sale}/room", wish("lottery", reason=""))).status == 422


async def test_it_is_in_the_journal(room: Room, operator: Visitor, sale: UUID) -> None:
    await operator.post(f"/sales/{sale}/room", wish("first-come"))

    found = await sale_by_id(room.house.database, sale)
    assert found is not None
    (line,) = [line for line in room.story(f"sale:{found.handle}") if line.verb == "room.open"]
    assert line.detail["reason"] == "the opening"
