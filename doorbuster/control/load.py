"""Levers over the load: the step of the brown-out ladder, and lanes to close."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import actor_of, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.limits import LASTING
from doorbuster.control.rehearsing import read_wish, rehearsed
from doorbuster.guard import levers
from doorbuster.guard.lanes import MEANINGS
from doorbuster.guard.policy import BrownOutSetting, LaneSetting, Setting, WorkSetting
from doorbuster.web.brownout import STEPS
from doorbuster.web.forms import Form, choice, text
from doorbuster.web.pages import show

CHOICES: dict[str, tuple[str, str, Setting]] = {
    **{f"step-{step}": (f"Brown-out step {step}: {words}", "brownout", BrownOutSetting(step))
       for step, words in enumerate(STEPS)},
    **{f"close-{name}": (f"Close {name}: {words}", levers.LANE + name, LaneSetting())
       for name, words in MEANINGS.items()},
    "work-on": ("Ask a sum of everybody who enters a waiting room", "work", WorkSetting(True)),
    "work-off": ("Ask a sum of nobody, whoever comes", "work", WorkSetting(False)),
}  # fmt: skip
"""What may be chosen: its words, the lever's name and its setting."""


@dataclass(frozen=True)
class LoadForm:
    """What to do, why, and for how long."""

    what: str = choice("What to do", tuple(CHOICES))
    minutes: str = choice("For how long", tuple(LASTING))
    reason: str = text("A reason", most=500)


async def load_show(request: Request) -> Response:
    """Show the form."""
    return _form(request, Form({"minutes": "10"}), 200)


async def load_set(request: Request) -> Response:
    """Pull the lever: in the journal first, in every worker a second later."""
    house = house_of(request)
    form, tried = await read_wish(request, LoadForm)
    if form.value is None:
        return _form(request, form, 422)
    wish = form.value
    _, name, setting = CHOICES[wish.what]
    if tried:
        return _form(request, form, 200, await rehearsed(request, name, setting))
    lasts = timedelta(minutes=int(wish.minutes)) if wish.minutes else None

    def pull() -> int:
        now = house.clock.now()
        return levers.pull(house.event_log, actor_of(request), name, setting, reason=wish.reason, now=now, lasts=lasts)

    await asyncio.to_thread(pull)
    return RedirectResponse("/guard", 303)


def _form(request: Request, form: Form[LoadForm] | Form[object], status: int, found: Sequence[str] = ()) -> Response:
    choices = [(value, words) for value, (words, _, _) in CHOICES.items()]
    return show(
        request, "control/load.html", status, operator=operator_of(request), form=form, choices=choices,
        lasting=LASTING, found=found,
    )  # fmt: skip
