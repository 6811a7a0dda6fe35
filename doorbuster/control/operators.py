"""The operators' page: who may come in; invitations, recovery, disabling."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.accounts.links import make_link
from doorbuster.accounts.operators import Operator, disable_operator, list_operators
from doorbuster.accounts.roles import ROLES, role_named
from doorbuster.accounts.views import list_views
from doorbuster.control.access import actor_of, operator_of
from doorbuster.control.house import house_of
from doorbuster.web.forms import Form, choice, read_form
from doorbuster.web.pages import show


@dataclass(frozen=True)
class Invitation:
    """In which role somebody is invited."""

    role: str = choice("Role", ROLES)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A link that was just made and is shown this once, and how long it works."""

    link: str
    lasts: str


ONCE = "works once, within a day"


async def operators_index(request: Request) -> Response:
    """Show everybody, and the links to look on."""
    return await show_operators(request, 200)


async def invitation_create(request: Request) -> Response:
    """Make a one-time link to a new account; it is shown this once."""
    form = await read_form(request, Invitation)
    role = role_named(form.value.role) if form.value else None
    if role is None:
        return await show_operators(request, 422)
    house = house_of(request)
    path = await asyncio.to_thread(make_link, house.event_log, role, None, actor_of(request), house.clock.now())
    return await show_operators(request, 201, Fresh(link_to(request, path), ONCE))


async def recovery_create(request: Request) -> Response:
    """Make a one-time link with which an operator chooses a new password."""
    house, somebody = house_of(request), await _somebody(request)
    made = await asyncio.to_thread(
        make_link, house.event_log, somebody.role, somebody, actor_of(request), house.clock.now()
    )
    return await show_operators(request, 201, Fresh(link_to(request, made), ONCE))


async def operator_disable(request: Request) -> Response:
    """Let somebody in no more; the link of a recovery lets them in again."""
    house, somebody = house_of(request), await _somebody(request)
    if somebody.id == operator_of(request).id:
        raise HTTPException(409, "You cannot disable yourself: another owner has to. Nothing was changed.")
    await asyncio.to_thread(disable_operator, house.event_log, somebody, actor_of(request), house.clock.now())
    return RedirectResponse("/operators", 303)


async def _somebody(request: Request) -> Operator:
    wanted: UUID = request.path_params["id"]
    everybody = await asyncio.to_thread(list_operators, house_of(request).event_log)
    found = next((operator for operator in everybody if operator.id == wanted), None)
    if found is None:
        raise HTTPException(404)
    return found


def link_to(request: Request, path: str) -> str:
    """Return the address of a page for somebody elsewhere: the public one where it is set, else the one asked for."""
    public = house_of(request).settings.control_public_url.rstrip("/")
    return public + path if public else str(request.url.replace(path=path, query=""))


async def show_operators(
    request: Request, status: int, fresh: Fresh | None = None, form: Form[Any] | None = None
) -> Response:
    """Show everybody and the links to look on, with a link that was just made or the form of one that was not."""
    house = house_of(request)
    everybody = await asyncio.to_thread(list_operators, house.event_log)
    views = await asyncio.to_thread(list_views, house.event_log, house.clock.now())
    return show(
        request,
        "control/operators.html",
        status=status,
        operator=operator_of(request),
        operators=everybody,
        views=views,
        roles=ROLES,
        fresh=fresh,
        form=form or Form(),
    )
