"""The incidents' pages for whoever works on one: the list, and the one, made for a tired person on a phone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from doorbuster.control.access import actor_of, may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.words import span
from doorbuster.database import plan
from doorbuster.incident import builds, incident, items, postmortem, status, timeline
from doorbuster.incident.clocks import clocks_of
from doorbuster.incident.evidence import drawn, drawn_plan, thinned
from doorbuster.incident.incident import ROLES, SEVERITIES, Incident, State
from doorbuster.incident.remedies import remedies
from doorbuster.incident.timeline import Curve, Told
from doorbuster.web.forms import Form, choice, read_form, text, tick, whole
from doorbuster.web.pages import moment_of, show

T = TypeVar("T")
NEXT: dict[State, State] = {"detected": "acknowledged", "acknowledged": "mitigated", "mitigated": "resolved"}
LIVE_SECONDS = 900


@dataclass(frozen=True)
class OpenForm:
    """What a person knows who opens an incident."""

    title: str = text("What is the matter", most=200)
    severity: int = whole("How bad it is", 1, 4)


@dataclass(frozen=True)
class MoveForm:
    """To which state, and what there is to say."""

    state: str = choice("The state", ("acknowledged", "mitigated", "resolved"))
    note: str = text("A note", most=500, required=False)


@dataclass(frozen=True)
class NoteForm:
    """A note for the timeline, and whether it tells of a wrong path."""

    note: str = text("A note", most=timeline.TEXT_CHARACTERS_MAX)
    wrong: bool = tick()


@dataclass(frozen=True)
class WrongForm:
    """Why a line was a wrong path; nothing takes the mark away."""

    why: str = text("Why", most=500, required=False)


@dataclass(frozen=True)
class RoleForm:
    """Which role the person takes who sends it."""

    role: str = choice("The role", ROLES)


@dataclass(frozen=True)
class UpdateForm:
    """What shoppers are told."""

    state: str = choice("How it stands", tuple(status.STATES))
    text: str = text("What shoppers read", most=500)


@dataclass(frozen=True)
class OtherForm:
    """Another incident: the number of the one to merge into, or the title of the one to split off."""

    into: int = whole("The incident's number", 0, 1_000_000_000, default=0)
    title: str = text("A title", most=200, required=False)


async def incidents_index(request: Request) -> Response:
    """List what is open and what was."""
    return await _index(request, Form({"severity": "3"}), 200)


async def incident_create(request: Request) -> Response:
    """Open an incident for a person; the same title within the same second is the same incident."""
    form = await read_form(request, OpenForm)
    if form.value is None:
        return await _index(request, form, 422)
    wish, log = form.value, house_of(request).event_log
    it = await asyncio.to_thread(
        incident.open_by, log, actor_of(request), wish.title, now_of(request), severity=wish.severity
    )
    return RedirectResponse(f"/incidents/{it.id}", 303)


async def incident_show(request: Request) -> Response:
    """Show one incident, live."""
    return await _one(request, await the(request), Form(), 200)


async def incident_move(request: Request) -> Response:
    """Acknowledge, mitigate or resolve."""
    it, form = await the(request), await read_form(request, MoveForm)
    if form.value is None:
        return await _one(request, it, form, 422)
    state: State = next(state for state in incident.STATES if state == form.value.state)
    moved = await _do(request, incident.move, it.id, state, actor_of(request), now_of(request), note=form.value.note)
    if isinstance(moved, str):
        return await _one(request, it, form.with_mistake("note", moved), 409)
    return _back(it)


async def note_create(request: Request) -> Response:
    """Add a note to the timeline."""
    it, form = await the(request), await read_form(request, NoteForm)
    if form.value is None:
        return await _one(request, it, form, 422)
    told = Told(now_of(request), "note", form.value.note, actor_of(request).role)
    if not await _do(request, timeline.add, it.id, told):
        return await _one(request, it, form.with_mistake("note", "The timeline is full."), 409)
    if form.value.wrong:
        lines = await _do(request, timeline.lines_of, it.id)
        newest = max(line.id for line in lines if line.text == form.value.note)
        await _do(request, timeline.mark_wrong, it.id, newest, "a wrong path, as noted")
    return _back(it)


async def line_mark(request: Request) -> Response:
    """Mark a line as a wrong path, or take the mark away."""
    it, form = await the(request), await read_form(request, WrongForm)
    why = form.value.why if form.value else ""
    await _do(request, timeline.mark_wrong, it.id, request.path_params["line"], why)
    return _back(it)


async def line_evidence(request: Request) -> Response:
    """Show what a line rests on, as it was then."""
    it = await the(request)
    line = await _do(request, timeline.line_of, it.id, request.path_params["line"])
    if line is None:
        raise HTTPException(404, "There is no such line.")
    curves = [(curve, drawn(curve, (line.at,))) for curve in line.evidence.curves]
    return show(
        request, "incident/evidence.html", operator=operator_of(request), it=it, line=line, curves=curves,
        moment=moment_of, may_operate=may(request, "operate"), plans=plans_of([line]),
    )  # fmt: skip


async def role_take(request: Request) -> Response:
    """Take a role."""
    it, form = await the(request), await read_form(request, RoleForm)
    if form.value is None:
        return await _one(request, it, form, 422)
    actor = actor_of(request)
    await _do(request, incident.assign, it.id, form.value.role, actor.name, actor=actor, at=now_of(request))
    return _back(it)


async def update_create(request: Request) -> Response:
    """Tell shoppers how it stands."""
    it, form = await the(request), await read_form(request, UpdateForm)
    if form.value is None:
        return await _one(request, it, form, 422)
    wish = form.value
    await _do(request, status.publish, it.id, wish.state, wish.text, actor=actor_of(request), at=now_of(request))
    await asyncio.to_thread(write_status, request)
    return _back(it)


async def incident_merge(request: Request) -> Response:
    """Make it a part of another one."""
    it, form = await the(request), await read_form(request, OtherForm)
    into = form.value.into if form.value else 0
    why = await _do(request, incident.merge, it.id, into, actor_of(request), now_of(request))
    if why:
        return await _one(request, it, form.with_mistake("into", why), 409)
    return RedirectResponse(f"/incidents/{into}", 303)


async def incident_split(request: Request) -> Response:
    """Open another incident for a trouble of its own."""
    it, form = await the(request), await read_form(request, OtherForm)
    if form.value is None or not form.value.title:
        return await _one(request, it, form.with_mistake("title", "Give the other incident a title."), 422)
    made = await _do(request, incident.split, it.id, form.value.title, actor_of(request), now_of(request))
    return RedirectResponse(f"/incidents/{made.id}", 303)


async def status_show(request: Request) -> Response:
    """Show shoppers how the shop is: for anybody, and to be kept for ten seconds."""
    house = house_of(request)
    page = await asyncio.to_thread(
        status.render, house.event_log, house.pages, house.settings.shop_url, now_of(request)
    )
    return HTMLResponse(page, headers={"cache-control": f"public, max-age={status.PUBLIC_SECONDS}"})


async def the(request: Request) -> Incident:
    """Return the incident of the address, or answer 404."""
    found = await asyncio.to_thread(incident.of, house_of(request).event_log, request.path_params["id"])
    if found is None:
        raise HTTPException(404, "There is no such incident.")
    return found


def now_of(request: Request) -> int:
    """Return the time in seconds since 1970."""
    return int(house_of(request).clock.now().timestamp())


def write_status(request: Request) -> None:
    """Write the shoppers' page into the home folder."""
    house = house_of(request)
    page = status.render(house.event_log, house.pages, house.settings.shop_url, now_of(request))
    status.write_file(house.settings.home, page)


async def _do(request: Request, verb: Callable[..., T], *args: object, **options: object) -> T:
    """Run a verb of the event log in a thread."""
    return await asyncio.to_thread(verb, house_of(request).event_log, *args, **options)


def _back(it: Incident) -> Response:
    return RedirectResponse(f"/incidents/{it.id}", 303)


async def _index(request: Request, form: Form[OpenForm] | Form[object], code: int) -> Response:
    log = house_of(request).event_log
    found = await asyncio.to_thread(incident.newest, log)
    return show(
        request, "incident/index.html", code, operator=operator_of(request), form=form, found=found, moment=moment_of,
        severities=SEVERITIES, may_operate=may(request, "operate"), span=span,
    )  # fmt: skip


async def _one(request: Request, it: Incident, form: Form[T] | Form[object], code: int) -> Response:
    house, now = house_of(request), now_of(request)
    lines = await _do(request, timeline.lines_of, it.id)
    until = it.resolved_at + 60 if it.resolved_at else now
    since = max(it.began_at - 120, until - LIVE_SECONDS)
    curves = [
        Curve(name, thinned(await asyncio.to_thread(house.series.read, name, since, until)))
        for name in ("hurt.share", "http.p95", "http.requests")
    ]
    marks = [each for each in (it.detected_at, it.mitigated_at) if each]
    return show(
        request, "incident/incident.html", code, operator=operator_of(request), it=it, form=form, lines=lines[::-1],
        curves=[(curve, drawn(curve, marks)) for curve in curves],
        clocks=clocks_of(it), roles=await _do(request, incident.roles_of, it.id), all_roles=ROLES,
        items=await _do(request, items.of_incident, it.id, now), severities=SEVERITIES, moment=moment_of, span=span,
        now=now, following=NEXT.get(it.state), may_operate=may(request, "operate"), states=status.STATES,
        written=await _do(request, postmortem.written_at, it.id), rules=rules_of(lines), plans=plans_of(lines),
        builds=await _do(request, builds.of_incident, it.id),
        steps=remedies(it.said) if may(request, "operate") and it.is_open else (),
    )  # fmt: skip


def plans_of(lines: list[timeline.TimelineLine]) -> dict[str, Markup]:
    """Return the newest plan of each statement that the diagnosis froze, drawn."""
    return {query: drawn_plan(plan.as_text(tree)) for line in lines for query, tree in line.evidence.trees.items()}


def rules_of(lines: list[timeline.TimelineLine]) -> list[str]:
    """Return the alerts of the story, each once: each has a runbook."""
    return list(dict.fromkeys(
        line.text.partition(":")[0].partition(" ")[0] for line in lines if line.source == "alert"
    ))  # fmt: skip
