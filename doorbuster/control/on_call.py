"""Who is on call, and what became of each page; and the link by which a page is taken without logging in."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.on_call import pages
from doorbuster.on_call.links import LASTS_SECONDS, person_in
from doorbuster.on_call.pages import Delivery, Page
from doorbuster.on_call.people import Person, Target, everybody, masked, name_of
from doorbuster.on_call.policy import Policy, policies, policy_of
from doorbuster.on_call.rota import TEAMS, Override, Stretch, rota_at
from doorbuster.on_call.sending import Message
from doorbuster.watch.diagnosis import CAUSES
from doorbuster.web.forms import Form
from doorbuster.web.pages import show

DAYS_SHOWN = 14
NOBODY = "nobody"
TEST = "This is a test. Nothing is wrong."


@dataclass(frozen=True, slots=True)
class Duty:
    """One team: who has it now, the next two weeks, and what happens when nobody acknowledges."""

    team: str
    person: Person | None
    stands_in: bool
    stretches: list[tuple[Stretch, str, float]]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Told:
    """A page with the fate of its messages."""

    page: Page
    deliveries: list[Delivery]


@dataclass(frozen=True, slots=True)
class Read:
    """All that the page shows; `own` are the policies of causes."""

    people: dict[int, Person]
    duties: list[Duty]
    overrides: Sequence[Override]
    own: dict[str, Policy]
    told: list[Told]


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link is for, and the name of whoever it was sent to."""

    page: Page
    who: str


@dataclass(frozen=True, slots=True)
class Worthless:
    """A link that takes no page: made up or broken, or too old."""

    too_old: bool


async def on_call_index(request: Request) -> Response:
    """Show who is on call, whom that reaches, and the last pages."""
    return await show_on_call(request)


async def show_on_call(
    request: Request, status: int = 200, tested: tuple[Target, str] | None = None, form: Form[Any] | None = None
) -> Response:
    """Show the page, with what became of a test or the form of somebody who could not be added."""
    house = house_of(request)
    read = await asyncio.to_thread(_read, house)
    return show(
        request,
        "control/on_call.html",
        status,
        operator=operator_of(request),
        may_operate=may(request, "operate"),
        read=read,
        name_in=name_in,
        causes=CAUSES,
        tested=tested,
        reaches_nobody=not any(person.targets for person in read.people.values()),
        form=form or Form(),
        masked=masked,
        NOBODY=NOBODY,
        moment=lambda seconds: datetime.fromtimestamp(seconds, UTC),
    )


async def page_acknowledge(request: Request) -> Response:
    """Take a page as the operator who is logged in."""
    house = house_of(request)
    now = int(house.clock.now().timestamp())
    await asyncio.to_thread(
        pages.acknowledge, house.event_log, str(request.path_params["id"]), operator_of(request).name, now
    )
    return RedirectResponse("/on-call", 303)


async def page_resolve(request: Request) -> Response:
    """End a page that was made by hand."""
    house, page_id = house_of(request), str(request.path_params["id"])
    now = int(house.clock.now().timestamp())
    try:
        await asyncio.to_thread(pages.resolve, house.event_log, page_id, operator_of(request).name, now)
    except KeyError:
        raise HTTPException(404, "There is no such page.") from None
    return RedirectResponse("/on-call", 303)


async def target_test(request: Request) -> Response:
    """Send a test message to one target and say what became of it."""
    house = house_of(request)
    people = await asyncio.to_thread(everybody, house.event_log)
    targets = [target for person in people.values() for target in person.targets]
    target = next((each for each in targets if each.id == request.path_params["id"]), None)
    if target is None:
        raise HTTPException(404, "There is no such target.")
    why = await house.sender.send(Message(target.url, f"[test] {house.settings.shop_name}", TEST))
    return await show_on_call(request, tested=(target, why))


async def take_show(request: Request) -> Response:
    """Show a page to whoever was sent its link. Looking takes nothing: mail scanners look, too."""
    linked = await _linked(request)
    if isinstance(linked, Worthless):
        return _refused(request, linked)
    moment = datetime.fromtimestamp(linked.page.opened_at, UTC)
    return show(request, "control/take.html", page=linked.page, who=linked.who, moment=moment)


async def take_create(request: Request) -> Response:
    """Take a page by its link."""
    house, linked = house_of(request), await _linked(request)
    if isinstance(linked, Worthless):
        return _refused(request, linked)
    now = int(house.clock.now().timestamp())
    await asyncio.to_thread(pages.acknowledge, house.event_log, linked.page.id, linked.who, now)
    return RedirectResponse(request.url.path, 303)


async def _linked(request: Request) -> Linked | Worthless:
    """Return the page that the link is for and whose link it is."""
    house, page_id = house_of(request), str(request.path_params["id"])
    person_id = person_in(house.settings.secret, page_id, request.path_params["token"])
    if person_id is None:
        return Worthless(too_old=False)
    try:
        page = await asyncio.to_thread(pages.page_by_id, house.event_log, page_id)
    except KeyError:
        return Worthless(too_old=False)
    if house.clock.now().timestamp() > page.opened_at + LASTS_SECONDS:
        return Worthless(too_old=True)
    return Linked(page, await asyncio.to_thread(name_of, house.event_log, person_id))


def _refused(request: Request, link: Worthless) -> Response:
    return show(request, "control/take_worthless.html", status=410 if link.too_old else 404, too_old=link.too_old)


def name_in(people: Mapping[int, Person], number: int | None) -> str:
    """Return the name of a number; "nobody" for somebody who is on call no more, or for no number."""
    return people[number].name if number is not None and number in people else NOBODY


def _read(house: ControlHouse) -> Read:
    log, now = house.event_log, house.clock.now()
    people, rota, known = everybody(log), rota_at(log, now), policies(log)
    duties = []
    for team in TEAMS:
        number, stands_in = rota.on_call(team, now)
        stretches = rota.stretches(team, now, DAYS_SHOWN)
        drawn = [(each, name_in(people, each.person_id), _share(each)) for each in stretches]
        person = people.get(number) if number is not None else None
        duties.append(Duty(team, person, stands_in, drawn, policy_of(known, team)))
    own = {subject: policy for subject, policy in known.items() if subject not in TEAMS}
    told = [Told(page, pages.deliveries(log, page.id)) for page in pages.newest(log)]
    return Read(people, duties, rota.overrides, own, told)


def _share(stretch: Stretch) -> float:
    """Return how much of a thousand the stretch takes of all the days that are shown."""
    return (stretch.ends - stretch.begins).total_seconds() / (DAYS_SHOWN * 86_400) * 1000
