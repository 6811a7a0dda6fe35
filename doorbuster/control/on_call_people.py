"""Who can be on call, by form: people, the ways they are reached, and a page that only tries the way."""

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.clock import new_id
from doorbuster.control.access import actor_of, may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.on_call import show_on_call
from doorbuster.control.words import sentence
from doorbuster.errors import Misconfigured
from doorbuster.on_call import pages, people
from doorbuster.on_call.pages import BY_HAND, Trouble
from doorbuster.on_call.people import NAME_MAX, Person, everybody, require_address
from doorbuster.on_call.rota import TEAMS, rota_at
from doorbuster.web.forms import Form, read_form, text, tick
from doorbuster.web.pages import show

ADDRESS_MAX = 1_000
TRIED = "Test: nothing is wrong"


@dataclass(frozen=True)
class NewPerson:
    """A name and, at once or later, a first way to be reached."""

    name: str = text("A name", most=NAME_MAX)
    address: str = text("An address", most=ADDRESS_MAX, required=False)


@dataclass(frozen=True)
class NewTarget:
    """A way to be reached."""

    address: str = text("An address", most=ADDRESS_MAX)
    important: bool = tick()


async def person_create(request: Request) -> Response:
    """Add somebody, with an address or without: both or neither."""
    house, form = house_of(request), await read_form(request, NewPerson)
    if form.value is None:
        return await show_on_call(request, 422, form=form)
    wish, actor, now = form.value, actor_of(request), house.clock.now()

    def add() -> int:
        number = people.add_person(house.event_log, actor, wish.name, now)
        if wish.address:
            people.add_target(house.event_log, actor, wish.name, wish.address, important=False, now=now)
        return number

    try:
        if wish.address:
            require_address(wish.address)
    except Misconfigured as fault:
        return await show_on_call(request, 422, form=form.with_mistake("address", sentence(fault)))
    try:
        number = await asyncio.to_thread(add)
    except Misconfigured as fault:
        return await show_on_call(request, 422, form=form.with_mistake("name", sentence(fault)))
    return RedirectResponse(f"/on-call/people/{number}", 303)


async def person_show(request: Request) -> Response:
    """Show somebody and how they are reached."""
    return await _show(request, await _person(request), 200, Form())


async def person_remove(request: Request) -> Response:
    """Let somebody be on call no more."""
    house, person = house_of(request), await _person(request)
    await asyncio.to_thread(people.remove_person, house.event_log, actor_of(request), person.name, house.clock.now())
    return RedirectResponse("/on-call", 303)


async def target_create(request: Request) -> Response:
    """Give somebody another way to be reached."""
    house, person = house_of(request), await _person(request)
    form = await read_form(request, NewTarget)
    if form.value is None:
        return await _show(request, person, 422, form)
    wish, actor, now = form.value, actor_of(request), house.clock.now()

    def add() -> int:
        return people.add_target(
            house.event_log, actor, person.name, wish.address, important=wish.important, now=now
        )  # fmt: skip

    try:
        await asyncio.to_thread(add)
    except Misconfigured as fault:
        return await _show(request, person, 422, form.with_mistake("address", sentence(fault)))
    return RedirectResponse(f"/on-call/people/{person.id}", 303)


async def target_remove(request: Request) -> Response:
    """Take a way to reach somebody away; pressed twice it is taken once."""
    house, number = house_of(request), request.path_params["target"]
    await asyncio.to_thread(people.remove_target, house.event_log, actor_of(request), number, house.clock.now())
    return RedirectResponse(f"/on-call/people/{request.path_params['id']}", 303)


async def page_try(request: Request) -> Response:
    """Page the on-call of a team to see the whole way: messages, the link, and the next step when nobody takes it."""
    house, team = house_of(request), request.path_params["team"]
    if team not in TEAMS:
        raise HTTPException(404, "There is no such team.")
    now, who = int(house.clock.now().timestamp()), operator_of(request).name
    words = f"{who} tries whether a page for {team} arrives. Take it by the link, or it goes on to the next step."
    trouble = Trouble(f"{BY_HAND}{new_id()}", "", team, TRIED, words, f"{house.settings.room_url}/on-call")
    await asyncio.to_thread(pages.notify, house.event_log, trouble, now)
    return RedirectResponse("/on-call#pages", 303)


async def _show(request: Request, person: Person, status: int, form: Form[NewTarget] | Form[object]) -> Response:
    house = house_of(request)
    rota = await asyncio.to_thread(rota_at, house.event_log, house.clock.now())
    return show(
        request,
        "control/on_call_person.html",
        status,
        operator=operator_of(request),
        may_operate=may(request, "operate"),
        person=person,
        teams=[team for team, rotation in rota.rotations.items() if person.id in rotation.people],
        form=form,
        examples=people.EXAMPLES,
    )


async def _person(request: Request) -> Person:
    known = await asyncio.to_thread(everybody, house_of(request).event_log)
    person = known.get(request.path_params["id"])
    if person is None:
        raise HTTPException(404, "Nobody on call has this number.")
    return person
