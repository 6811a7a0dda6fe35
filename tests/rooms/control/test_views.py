"""Links to look on: a manager without an account sees how it sells, touches nothing, and may be sent away."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from doorbuster.control.access import GUESTS_MAY, GuardedRoute
from doorbuster.control_routes import control_plane_routes
from tests.rooms.control.room import Answer, Room, Visitor
from tests.rooms.control.test_access import GUARDED, method_of, path_of
from tests.rooms.control.test_alerts import trouble as fire
from tests.rooms.control.test_diagnosis import ill
from tests.rooms.shop.conftest import Scene

DAY_SECONDS = 86_400


async def made(owner: Visitor, days: str = "7") -> str:
    """Make a link as an owner does; return its path."""
    answer = await owner.post("/operators/views", {"label": "The board", "days": days})
    assert answer.status == 201, answer.text
    found = re.search(r"http://room\.test(/views/[\w-]+)", answer.text)
    assert found, answer.text
    return found[1]


async def guest_by(room: Room, link: str) -> Visitor:
    guest = room.visitor("192.0.2.99")
    assert (await guest.get(link)).location == "/"
    return guest


def leads_to(page: Answer) -> set[str]:
    """Return where the page's links inside the control room and its forms lead."""
    found: list[str] = re.findall(r'<(?:a [^>]*href|form [^>]*action)="([^"]*)"', page.text)
    return {address for address in found if address.startswith("/")}


async def trouble(room: Room) -> str:
    await fire(room, hurt_share=0.3)
    return "CustomersHurt"


async def sick(room: Room) -> str:
    await asyncio.to_thread(ill, room, "missing_index")
    return "add index orders_by_email"


async def test_a_manager_looks_on_without_an_account(dark_room: Room) -> None:
    guest = await guest_by(dark_room, await made(await dark_room.enter("owner")))

    page = await guest.get("/")

    assert page.status == 200
    assert page.says("looking on", "The board")
    assert leads_to(page) == {"/", "/sales"}


@pytest.mark.parametrize("hurting", [trouble, sick])
async def test_while_customers_are_hurt_a_guest_reads_what_it_is_and_is_led_to_no_lever(
    dark_room: Room, hurting: Callable[[Room], Awaitable[str]]
) -> None:
    guest = await guest_by(dark_room, await made(await dark_room.enter("owner")))
    said = await hurting(dark_room)

    page = await guest.get("/")

    assert page.says(said)
    assert leads_to(page) == {"/", "/sales"}


async def test_a_guest_sees_a_sale_as_it_sells_without_levers_or_orders(room: Room, scene: Scene) -> None:
    sale = await scene.open_sale()
    guest = await guest_by(room, await made(await room.enter("owner")))

    page = await guest.get(f"/sales/{sale.id}")

    assert page.status == 200
    assert leads_to(page) == {"/", "/sales"}


async def test_a_guest_reaches_nothing_else_and_changes_nothing(dark_room: Room) -> None:
    guest = await guest_by(dark_room, await made(await dark_room.enter("owner")))
    for route in GUARDED:
        answer = await guest.send(method_of(route), path_of(route), b"", {"origin": "http://room.test"})
        if route.permission != GUESTS_MAY:
            assert answer.status in (303, 401), route.path


def test_what_a_guest_may_is_looking_only() -> None:
    opened = [route for route in control_plane_routes()
              if isinstance(route, GuardedRoute) and route.permission == GUESTS_MAY]  # fmt: skip

    assert {route.path for route in opened} == {"/", "/sales", "/sales/{id:uuid}"}
    assert all(route.methods == {"GET", "HEAD"} for route in opened)


async def test_a_link_that_was_taken_back_shows_nothing_from_the_next_request_on(dark_room: Room) -> None:
    owner = await dark_room.enter("owner")
    link = await made(owner)
    guest = await guest_by(dark_room, link)
    assert (await owner.get("/operators")).says("The board")

    assert (await owner.post("/operators/views/1/revocation")).location == "/operators"

    assert (await guest.get("/")).says("This link shows nothing any more")
    assert (await guest.get("/")).location.startswith("/log-in")
    assert (await dark_room.visitor().get(link)).status == 410
    assert (await owner.get("/operators")).says("Nobody looks on.")


async def test_a_link_is_over_when_its_time_is(dark_room: Room) -> None:
    link = await made(await dark_room.enter("owner"), days="1")
    guest = await guest_by(dark_room, link)

    dark_room.clock.advance(DAY_SECONDS + 1)

    assert (await guest.get("/")).status == 401
    assert (await dark_room.visitor().get(link)).status == 410


async def test_a_made_up_link_opens_nothing(dark_room: Room) -> None:
    visitor = dark_room.visitor()

    assert (await visitor.get(f"/views/{'x' * 43}")).says("This link shows nothing any more")
    assert visitor.cookies == {}


async def test_an_operator_who_followed_a_link_keeps_the_own_role(dark_room: Room) -> None:
    owner = await dark_room.enter("owner")
    await owner.get(await made(owner))

    assert (await owner.get("/operators")).status == 200


@pytest.mark.parametrize("role", ["viewer", "operator", "merchant"])
async def test_only_an_owner_lets_somebody_look_on(dark_room: Room, role) -> None:
    somebody = await dark_room.enter(role)

    assert (await somebody.post("/operators/views", {"label": "The board", "days": "7"})).status == 403


async def test_who_made_and_took_back_a_link_is_in_the_journal_and_the_link_is_not(dark_room: Room) -> None:
    owner = await dark_room.enter("owner")
    link = await made(owner)
    await owner.post("/operators/views/1/revocation")

    revoked, begun = dark_room.story("view:The board")

    assert [(line.verb, line.actor) for line in (begun, revoked)] == [("view.make", "owner"), ("view.revoke", "owner")]
    assert link.rpartition("/")[2] not in str(dark_room.story())


async def test_a_link_for_nobody_is_refused_beside_the_field(dark_room: Room) -> None:
    owner = await dark_room.enter("owner")

    answer = await owner.post("/operators/views", {"label": "", "days": "7"})

    assert answer.status == 422
    assert answer.says("Whom it is for is needed.")
