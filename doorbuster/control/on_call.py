"""Who is on call, and what became of each page; and the link by which a page is taken without logging in."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.on_call import pages
from doorbuster.on_call.links import is_genuine
from doorbuster.on_call.pages import Delivery, Page
from doorbuster.on_call.people import Person, everybody, masked
from doorbuster.on_call.policy import USUAL, Policy, policies
from doorbuster.on_call.rota import TEAMS, Stretch, rota_at
from doorbuster.web.pages import show

DAYS_SHOWN = 14
WHO = "by link"


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


async def on_call_index(request: Request) -> Response:
    """Show who is on call, whom that reaches, and the last pages."""
    house = house_of(request)
    people, duties, told = await asyncio.to_thread(_read, house)
    return show(
        request,
        "control/on_call.html",
        operator=operator_of(request),
        may_operate=may(request, "operate"),
        people=people,
        duties=duties,
        told=told,
        reaches_nobody=not any(person.targets for person in people),
        masked=masked,
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


async def take_show(request: Request) -> Response:
    """Show a page to whoever was sent its link. Looking takes nothing: mail scanners look, too."""
    page = await _linked(request)
    return show(request, "control/take.html", page=page, moment=datetime.fromtimestamp(page.opened_at, UTC))


async def take_create(request: Request) -> Response:
    """Take a page by its link."""
    house, page = house_of(request), await _linked(request)
    await asyncio.to_thread(pages.acknowledge, house.event_log, page.id, WHO, int(house.clock.now().timestamp()))
    return RedirectResponse(request.url.path, 303)


async def _linked(request: Request) -> Page:
    """Return the page that the link is for; 404 for a link that is not genuine, so that nothing can be guessed."""
    house, page_id = house_of(request), str(request.path_params["id"])
    if not is_genuine(house.settings.secret, page_id, request.path_params["token"]):
        raise HTTPException(404)
    try:
        return await asyncio.to_thread(pages.page_by_id, house.event_log, page_id)
    except KeyError:
        raise HTTPException(404) from None


def _read(house: ControlHouse) -> tuple[list[Person], list[Duty], list[Told]]:
    log, now = house.event_log, house.clock.now()
    people, rota, known = everybody(log), rota_at(log, now), policies(log)
    duties = []
    for team in TEAMS:
        number, stands_in = rota.on_call(team, now)
        stretches = rota.stretches(team, now.replace(minute=0, second=0, microsecond=0), DAYS_SHOWN)
        drawn = [(each, _name(people, each.person_id), _share(each)) for each in stretches]
        person = people.get(number) if number is not None else None
        duties.append(Duty(team, person, stands_in, drawn, known.get(team, USUAL)))
    told = [Told(page, pages.deliveries(log, page.id)) for page in pages.newest(log)]
    return list(people.values()), duties, told


def _name(people: dict[int, Person], number: int | None) -> str:
    return people[number].name if number is not None and number in people else "nobody"


def _share(stretch: Stretch) -> float:
    """Return how much of a thousand the stretch takes of all the days that are shown."""
    return (stretch.ends - stretch.begins).total_seconds() / (DAYS_SHOWN * 86_400) * 1000
