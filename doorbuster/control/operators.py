"""The operators' page: who may come in; invitations, recovery, disabling."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.accounts.links import make_link
from doorbuster.accounts.operators import Operator, disable_operator, list_operators
from doorbuster.accounts.roles import ROLES, role_named
from doorbuster.control.access import actor_of, operator_of
from doorbuster.control.house import house_of
from doorbuster.web.forms import choice, read_form
from doorbuster.web.pages import show


@dataclass(frozen=True)
class Invitation:
    """In which role somebody is invited."""

    role: str = choice("Role", ROLES)


async def operators_index(request: Request) -> Response:
    """Show everybody."""
    return await _show(request, 200, None)


async def invitation_create(request: Request) -> Response:
    """Make a one-time link to a new account; it is shown this once."""
    form = await read_form(request, Invitation)
    role = role_named(form.value.role) if form.value else None
    if role is None:
        return await _show(request, 422, None)
    house = house_of(request)
    path = await asyncio.to_thread(make_link, house.event_log, role, None, actor_of(request), house.clock.now())
    return await _show(request, 201, str(request.url.replace(path=path, query="")))


async def recovery_create(request: Request) -> Response:
    """Make a one-time link with which an operator chooses a new password."""
    house, somebody = house_of(request), await _somebody(request)
    made = await asyncio.to_thread(
        make_link, house.event_log, somebody.role, somebody, actor_of(request), house.clock.now()
    )
    return await _show(request, 201, str(request.url.replace(path=made, query="")))


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


async def _show(request: Request, status: int, link: str | None) -> Response:
    everybody = await asyncio.to_thread(list_operators, house_of(request).event_log)
    return show(
        request,
        "control/operators.html",
        status=status,
        operator=operator_of(request),
        operators=everybody,
        roles=ROLES,
        link=link,
    )
