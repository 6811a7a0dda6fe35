"""Who takes turns and who stands in, by form; a rotation may be looked at before it is set."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import actor_of, operator_of
from doorbuster.control.house import ControlHouse, house_of
from doorbuster.control.on_call import name_in
from doorbuster.on_call.people import Person, everybody
from doorbuster.on_call.rota import TEAMS, Override, Rota, Rotation, rota_at, set_rotation, stand_in, take_back
from doorbuster.web.forms import Form, Mistake, choice, moment, own, read_form, whole
from doorbuster.web.pages import show

PLACES_MIN, PLACES_MAX = 3, 12
DAYS_AHEAD, ROWS_MAX = 42, 30
STAND_IN_DAYS_MAX = 92
HOURS = 8


@cache
def _zones() -> frozenset[str]:
    """Return the time zones of this machine; to find them is to walk through a folder, so it is done once."""
    return frozenset(available_timezones())


def _time(typed: str) -> time:
    try:
        return time.fromisoformat(typed)
    except ValueError:
        raise Mistake("The hand-over should look like 09:00.") from None


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Mistake("The first day should look like 2026-11-30.") from None


def _zone(typed: str) -> str:
    if typed not in _zones():
        raise Mistake("There is no such time zone. One is Europe/London.")
    return typed


@dataclass(frozen=True)
class RotationForm:
    """A rotation, but for who takes turns: those are fields of their own, `person.0` and so on."""

    days: int = whole("A shift", 1, 28, default=7)
    hand_over: time = own(_time)  # noqa: RUF009 - declares, as the others do
    zone: str = own(_zone)
    begins: date = own(_day)  # noqa: RUF009


@dataclass(frozen=True)
class StandInForm:
    """Who stands in for which team, from when to when."""

    team: str = choice("Team", TEAMS)
    person: int = whole("Who stands in", 1, 10**9)
    begins_at: datetime = moment("The beginning")  # noqa: RUF009
    ends_at: datetime = moment("The end")  # noqa: RUF009


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stretch of the weeks ahead, in the rotation's own time zone."""

    begins: datetime
    ends: datetime
    name: str
    stands_in: bool


async def rotation_show(request: Request) -> Response:
    """Show the form, filled in with the rotation as it is."""
    team, house = _team(request), house_of(request)
    people, rota = await asyncio.to_thread(_known, house)
    now = house.clock.now()
    rotation = rota.rotations.get(team) or Rotation(team, "UTC", time(9), 7, now.date(), ()).beginning(now)
    return _form(request, Form(_typed_of(rotation)), people, 200, _ahead(house, rota, rotation, people))


async def rotation_set(request: Request) -> Response:
    """Set the rotation of a team, or only say who would be on call in the weeks ahead."""
    team, house = _team(request), house_of(request)
    form = await read_form(request, RotationForm)
    people, rota = await asyncio.to_thread(_known, house)
    form, turns = _with_turns(form, people)
    if form.value is None:
        return _form(request, form, people, 422, [])
    wish = form.value
    rotation = Rotation(team, wish.zone, wish.hand_over, wish.days, wish.begins, turns)
    if form.typed.get("try"):
        return _form(request, form, people, 200, _ahead(house, rota, rotation, people))
    await asyncio.to_thread(set_rotation, house.event_log, actor_of(request), rotation, house.clock.now())
    return RedirectResponse("/on-call", 303)


async def stand_in_show(request: Request) -> Response:
    """Show the form: from now, for eight hours."""
    now = house_of(request).clock.now().astimezone(UTC)
    typed = {
        "team": request.query_params.get("team", ""),
        "begins_at": now.strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (now + timedelta(hours=HOURS)).strftime("%Y-%m-%dT%H:%M"),
    }
    return await _stand_in_form(request, Form(typed), 200)


async def stand_in_create(request: Request) -> Response:
    """Let somebody stand in."""
    house, form = house_of(request), await read_form(request, StandInForm)
    now, wish = house.clock.now(), form.value
    people = await asyncio.to_thread(everybody, house.event_log)
    if wish and wish.person not in people:
        form = form.with_mistake("person", "Who stands in: choose one of those offered.")
    if wish and wish.ends_at <= max(wish.begins_at, now):
        form = form.with_mistake("ends_at", "It would be over before it begins: choose a later end.")
    if wish and wish.ends_at - wish.begins_at > timedelta(days=STAND_IN_DAYS_MAX):
        form = form.with_mistake("ends_at", f"Nobody stands in for more than {STAND_IN_DAYS_MAX} days: set a rotation.")
    if form.value is None:
        return await _stand_in_form(request, form, 422)
    done = form.value
    override = Override(0, done.team, done.person, int(done.begins_at.timestamp()), int(done.ends_at.timestamp()))
    await asyncio.to_thread(stand_in, house.event_log, actor_of(request), override, now)
    return RedirectResponse("/on-call", 303)


async def stand_in_end(request: Request) -> Response:
    """Let nobody stand in after all; pressed twice it is taken back once."""
    house, number = house_of(request), request.path_params["id"]
    await asyncio.to_thread(take_back, house.event_log, actor_of(request), number, house.clock.now())
    return RedirectResponse("/on-call", 303)


def _known(house: ControlHouse) -> tuple[dict[int, Person], Rota]:
    return everybody(house.event_log), rota_at(house.event_log, house.clock.now())


def _with_turns(form: Form[RotationForm], people: Mapping[int, Person]) -> tuple[Form[RotationForm], tuple[int, ...]]:
    """Return who takes turns, in order; empty places are left out."""
    turns = []
    for place in range(PLACES_MAX):
        typed = form.typed.get(f"person.{place}", "")
        if typed.isdecimal() and int(typed) in people:
            turns.append(int(typed))
        elif typed:
            form = form.with_mistake(f"person.{place}", "Choose one of those offered.")
    if not turns:
        form = form.with_mistake("person.0", "Somebody has to take turns: choose at least one person.")
    return form, tuple(turns)


def _ahead(house: ControlHouse, rota: Rota, rotation: Rotation, people: Mapping[int, Person]) -> list[Ahead]:
    """Return who would be on call in the next six weeks, those who stand in included."""
    if not rotation.people:
        return []
    zone = ZoneInfo(rotation.zone)
    wanted = Rota({rotation.team: rotation}, rota.overrides)
    found = wanted.stretches(rotation.team, house.clock.now().replace(microsecond=0), DAYS_AHEAD)
    return [
        Ahead(each.begins.astimezone(zone), each.ends.astimezone(zone), name_in(people, each.person_id), each.stands_in)
        for each in found[:ROWS_MAX]
    ]


def _form(
    request: Request,
    form: Form[RotationForm] | Form[object],
    people: Mapping[int, Person],
    status: int,
    ahead: list[Ahead],
) -> Response:
    filled = sum(bool(form.typed.get(f"person.{place}")) for place in range(PLACES_MAX))
    return show(
        request,
        "control/on_call_rotation.html",
        status,
        operator=operator_of(request),
        team=_team(request),
        form=form,
        people=[("", "—"), *((str(each.id), each.name) for each in people.values())],
        places=min(max(PLACES_MIN, len(people), filled + 1), PLACES_MAX),
        zones=sorted(zone for zone in _zones() if "/" in zone and not zone.startswith("Etc/")),
        ahead=ahead,
        tried=bool(form.typed.get("try")),
    )


async def _stand_in_form(request: Request, form: Form[StandInForm] | Form[object], status: int) -> Response:
    people = await asyncio.to_thread(everybody, house_of(request).event_log)
    return show(
        request, "control/on_call_stand_in.html", status, operator=operator_of(request), form=form,
        people=[("", "—"), *((str(each.id), each.name) for each in people.values())],
        teams=[(team, team) for team in TEAMS],
    )  # fmt: skip


def _typed_of(rotation: Rotation) -> dict[str, str]:
    """Return a rotation as somebody would have typed it."""
    typed = {
        "days": str(rotation.days), "hand_over": rotation.hand_over.isoformat("minutes"), "zone": rotation.zone,
        "begins": rotation.begins.isoformat(),
    }  # fmt: skip
    return typed | {f"person.{place}": str(number) for place, number in enumerate(rotation.people[:PLACES_MAX])}


def _team(request: Request) -> str:
    team: str = request.path_params["team"]
    if team not in TEAMS:
        raise HTTPException(404, "There is no such team.")
    return team
