"""Whom a page goes to, and whom when nobody acknowledges, by form: of a team, or of one cause."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import actor_of, operator_of
from doorbuster.control.house import house_of
from doorbuster.on_call.people import everybody
from doorbuster.on_call.policy import (
    EVERYBODY,
    ON_CALL,
    REPEAT_MAX,
    STEPS_MAX,
    WAIT_MINUTES_MAX,
    Policy,
    Step,
    policies,
    policy_of,
    remove_policy,
    set_policy,
)
from doorbuster.on_call.rota import TEAMS
from doorbuster.watch.diagnosis import CAUSES
from doorbuster.web.forms import Form, read_form, whole
from doorbuster.web.pages import show

ROWS_MIN = 4


@dataclass(frozen=True)
class PolicyForm:
    """How often the steps are repeated; `whom.0`, `minutes.0`, `important.0` and so on are fields of their own."""

    repeat: int = whole("Repetitions", 0, REPEAT_MAX, default=3)


@dataclass(frozen=True, slots=True)
class Subject:
    """A team or a cause: its name, what it is called, and the team that a cause belongs to."""

    name: str
    title: str
    team: str


async def policy_show(request: Request) -> Response:
    """Show the form, filled in with what happens now."""
    subject, house = _subject(request), house_of(request)
    known = await asyncio.to_thread(policies, house.event_log)
    now = policy_of(known, subject.team, subject.name)
    return await _form(request, Form(_typed_of(now)), 200, own=subject.name in known)


async def policy_set(request: Request) -> Response:
    """Set the steps; those without somebody to tell are left out."""
    subject, house = _subject(request), house_of(request)
    form, steps = _with_steps(await read_form(request, PolicyForm), await _whom(request))
    if form.value is None:
        return await _form(request, form, 422, own=False)
    policy = Policy(steps, form.value.repeat)
    await asyncio.to_thread(
        set_policy, house.event_log, actor_of(request), subject.name, policy, house.clock.now()
    )  # fmt: skip
    return RedirectResponse("/on-call", 303)


async def policy_remove(request: Request) -> Response:
    """Let a cause go its team's way again, and a team the usual one."""
    subject, house = _subject(request), house_of(request)
    await asyncio.to_thread(remove_policy, house.event_log, actor_of(request), subject.name, house.clock.now())
    return RedirectResponse("/on-call", 303)


def _with_steps(form: Form[PolicyForm], whom: Mapping[str, str]) -> tuple[Form[PolicyForm], tuple[Step, ...]]:
    steps = []
    for row in range(STEPS_MAX):
        who, minutes = form.typed.get(f"whom.{row}", ""), form.typed.get(f"minutes.{row}", "").strip()
        if not who:
            continue
        if who not in whom:
            form = form.with_mistake(f"whom.{row}", "Choose one of those offered.")
        if not minutes.isdecimal() or not 1 <= int(minutes[:6]) <= WAIT_MINUTES_MAX:
            form = form.with_mistake(f"minutes.{row}", f"A step waits from 1 to {WAIT_MINUTES_MAX} minutes.")
        else:
            steps.append(Step(who, int(minutes), bool(form.typed.get(f"important.{row}"))))
    if not steps and not form.mistakes:
        form = form.with_mistake("whom.0", "Somebody has to be told: choose whom.")
    return form, tuple(steps)


async def _form(request: Request, form: Form[PolicyForm] | Form[object], status: int, *, own: bool) -> Response:
    filled = sum(bool(form.typed.get(f"whom.{row}")) for row in range(STEPS_MAX))
    return show(
        request,
        "control/on_call_policy.html",
        status,
        operator=operator_of(request),
        subject=_subject(request),
        form=form,
        whom=[("", "—"), *(await _whom(request)).items()],
        rows=min(max(ROWS_MIN, filled + 1), STEPS_MAX),
        own=own,
    )


async def _whom(request: Request) -> dict[str, str]:
    """Return whom a step may tell, and what that is called."""
    people = await asyncio.to_thread(everybody, house_of(request).event_log)
    return {ON_CALL: "whoever is on call", EVERYBODY: "everybody", **{each.name: each.name for each in people.values()}}


def _typed_of(policy: Policy) -> dict[str, str]:
    typed = {"repeat": str(policy.repeat)}
    for row, step in enumerate(policy.steps):
        typed |= {f"whom.{row}": step.whom, f"minutes.{row}": str(step.wait_minutes)}
        typed |= {f"important.{row}": "yes"} if step.important else {}
    return typed


def _subject(request: Request) -> Subject:
    name: str = request.path_params["subject"]
    if name in TEAMS:
        return Subject(name, f"the team {name}", name)
    cause = next((cause for known, cause in CAUSES.items() if known == name), None)
    if cause is None:
        raise HTTPException(404, "There is no such team and no such cause.")
    return Subject(name, f"the cause “{cause.title}”", cause.team)
