"""Links to look on: made and revoked by an owner, followed by a manager."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.accounts.views import LABEL_MAX, TooManyViews, View, enter_view, make_view, revoke_view
from doorbuster.control.access import actor_of, set_view
from doorbuster.control.house import house_of
from doorbuster.control.operators import Fresh, link_to, show_operators
from doorbuster.web.forms import choice, read_form, text
from doorbuster.web.pages import show

LASTING = {"1": "a day", "7": "a week", "31": "a month"}


@dataclass(frozen=True)
class Wish:
    """Whom a link is for, and for how long."""

    label: str = text("Whom it is for", most=LABEL_MAX)
    days: str = choice("For how long", tuple(LASTING))


async def view_create(request: Request) -> Response:
    """Make a link to look on; it is shown this once."""
    form = await read_form(request, Wish)
    if form.value is None:
        return await show_operators(request, 422, form=form)
    house, lasts = house_of(request), timedelta(days=int(form.value.days))
    made = await asyncio.to_thread(
        make_view, house.event_log, form.value.label, actor_of(request), house.clock.now(), lasts
    )
    if isinstance(made, TooManyViews):
        full = form.with_mistake("label", "A hundred links work already: revoke one first.")
        return await show_operators(request, 409, form=full)
    fresh = Fresh(link_to(request, made), f"works for {LASTING[form.value.days]}")
    return await show_operators(request, 201, fresh)


async def view_revoke(request: Request) -> Response:
    """End a link at once."""
    house = house_of(request)
    await asyncio.to_thread(
        revoke_view, house.event_log, request.path_params["id"], actor_of(request), house.clock.now()
    )
    return RedirectResponse("/operators", 303)


async def view_enter(request: Request) -> Response:
    """Let somebody look on: remember the link in the browser and lead to the overview."""
    house, token = house_of(request), request.path_params["token"]
    view: View | None = await asyncio.to_thread(enter_view, house.event_log, token, house.clock.now())
    if view is None:
        return show(request, "control/view_over.html", status=410)
    lasts = (view.expires_at - house.clock.now()).total_seconds()
    return set_view(request, RedirectResponse("/", 303, {"cache-control": "no-store"}), token, int(lasts))
