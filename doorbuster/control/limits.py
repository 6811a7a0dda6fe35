"""The guard's page: what callers may send, what the limits do just now, and levers to change them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import actor_of, may, operator_of
from doorbuster.control.gate import gate_of, rooms_of
from doorbuster.control.house import house_of
from doorbuster.control.rehearsing import read_wish, rehearsed
from doorbuster.guard import levers
from doorbuster.guard.classes import CLASSES, MEANINGS, RouteClass
from doorbuster.guard.commands import words_of
from doorbuster.guard.policy import Limit, mistakes_of
from doorbuster.guard.refusals import MEANINGS as WHY
from doorbuster.guard.refusals import refusal_of
from doorbuster.web.brownout import STEPS
from doorbuster.web.forms import Form, choice, number, read_form, text, whole
from doorbuster.web.pages import show

LASTING = {"10": "10 minutes", "60": "one hour", "480": "8 hours", "": "until somebody undoes it"}


@dataclass(frozen=True)
class LimitForm:
    """A limit as it is typed, why, and for how long."""

    rate: float = number("A client's rate")
    burst: int = whole("A client's burst", 1, 1_000_000)
    network_rate: float = number("A network's rate")
    network_burst: int = whole("A network's burst", 1, 1_000_000)
    mode: str = choice("What it does", ("refuse", "count"))
    minutes: str = choice("For how long", tuple(LASTING))
    reason: str = text("A reason", most=500)


@dataclass(frozen=True)
class Why:
    """Why a lever is taken back."""

    reason: str = text("A reason", most=500, required=False)


async def guard_index(request: Request) -> Response:
    """Show the limits, what they refused, the last levers, and what a refusal's id tells."""
    house, now = house_of(request), house_of(request).clock.now()
    policy, pulled = await asyncio.to_thread(levers.policy_at, house.event_log, now)
    counted = house.collector.total("doorbuster_guard_requests_total")
    asked = request.query_params.get("refusal", "").strip()[:100]
    refusal = refusal_of(asked, house.settings.secret) if asked else None
    then = await asyncio.to_thread(levers.policy_at, house.event_log, refusal.at) if refusal else None
    return show(
        request,
        "control/guard.html",
        operator=operator_of(request),
        may_operate=may(request, "operate"),
        policy=policy,
        pulled=pulled,
        meanings=MEANINGS,
        counted={(name, verdict): int(counted.get((name, verdict), 0)) for name in CLASSES for verdict in _VERDICTS},
        unknown=_share_unknown(counted),
        levers=await asyncio.to_thread(levers.newest, house.event_log),
        now=now,
        asked=asked,
        refusal=refusal,
        why=WHY,
        words_of=words_of,
        steps=STEPS,
        gate=gate_of(house.collector, house.clock.monotonic()),
        then=then,
        rooms=rooms_of(house.collector, house.clock.monotonic()),
    )


async def limit_show(request: Request) -> Response:
    """Show the form of one class's limit."""
    name, house = _class_or_404(request), house_of(request)
    limit = (await asyncio.to_thread(levers.policy_at, house.event_log, house.clock.now()))[0].limits[name]
    typed = {
        "rate": f"{limit.rate:g}", "burst": str(limit.burst), "network_rate": f"{limit.network_rate:g}",
        "network_burst": str(limit.network_burst), "mode": "refuse" if limit.enforced else "count", "minutes": "60",
    }  # fmt: skip
    return _form(request, name, Form(typed), 200)


async def limit_set(request: Request) -> Response:
    """Pull the lever: in the journal first, in every worker a second later."""
    name, house = _class_or_404(request), house_of(request)
    form, tried = await read_wish(request, LimitForm)
    if form.value is None:
        return _form(request, name, form, 422)
    wish = form.value
    limit = Limit(
        rate=wish.rate, burst=wish.burst, network_rate=wish.network_rate, network_burst=wish.network_burst,
        enforced=wish.mode == "refuse",
    )  # fmt: skip
    if mistakes := mistakes_of(limit):
        for field, what in mistakes.items():
            form = form.with_mistake(field, f"It {what}.")
        return _form(request, name, form, 422)
    if tried:
        return _form(request, name, form, 200, await rehearsed(request, name, limit))
    lasts = timedelta(minutes=int(wish.minutes)) if wish.minutes else None

    def pull() -> int:
        return levers.pull(
            house.event_log, actor_of(request), name, limit, reason=wish.reason, now=house.clock.now(), lasts=lasts
        )

    await asyncio.to_thread(pull)
    return RedirectResponse("/guard", 303)


async def lever_undo(request: Request) -> Response:
    """Take a lever back; pressed twice it is undone once."""
    house = house_of(request)
    form = await read_form(request, Why)
    reason = form.value.reason if form.value else ""

    def back() -> bool:
        now, lever_id = house.clock.now(), request.path_params["id"]
        return levers.undo(house.event_log, actor_of(request), lever_id, reason=reason, now=now)

    await asyncio.to_thread(back)
    return RedirectResponse("/guard", 303)


_VERDICTS = ("passed", "refused", "would_refuse", "unknown")


def _share_unknown(counted: dict[tuple[str, ...], float]) -> float:
    """Return which part of the requests came from addresses that say nothing."""
    everything = sum(counted.values())
    return (
        sum(value for labels, value in counted.items() if labels[1:] == ("unknown",)) / everything if everything else 0
    )


def _class_or_404(request: Request) -> RouteClass:
    for name in CLASSES:
        if name == request.path_params["name"]:
            return name
    raise HTTPException(404, "There is no such class of requests.")


def _form(
    request: Request, name: RouteClass, form: Form[LimitForm] | Form[object], status: int, found: Sequence[str] = ()
) -> Response:
    return show(
        request, "control/limit.html", status, operator=operator_of(request), name=name, meaning=MEANINGS[name],
        form=form, lasting=LASTING, found=found,
    )  # fmt: skip
