"""Log-in, log-out, and the pages behind one-time links."""

import asyncio
from dataclasses import dataclass, replace
from typing import assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.accounts.links import Link, LinkWorthless, link_of, use_link
from doorbuster.accounts.operators import NameTaken, Operator, name_mistake, nobody_yet
from doorbuster.accounts.passwords import LENGTH_MAX, weakness
from doorbuster.accounts.sessions import Knock, LoggedIn, TooManyTries, WrongNameOrPassword
from doorbuster.control.access import operator_of, set_token, token_of
from doorbuster.control.house import house_of
from doorbuster.errors import Overloaded
from doorbuster.web.forms import Form, read_form, text
from doorbuster.web.pages import show


@dataclass(frozen=True)
class LogInForm:
    """What the log-in asks for."""

    name: str = text("Name", most=64)
    password: str = text("Password", most=LENGTH_MAX)
    next: str = text("Next", most=500, required=False)


@dataclass(frozen=True)
class LinkForm:
    """What a one-time link asks for; the name only where the link makes a new account."""

    password: str = text("Password", most=LENGTH_MAX)
    name: str = text("Name", most=64, required=False)


async def log_in_show(request: Request) -> Response:
    """Show the log-in."""
    form: Form[LogInForm] = Form({"next": request.query_params.get("next", "")})
    return await _show_log_in(request, form, 200)


async def log_in_create(request: Request) -> Response:
    """Begin a session, or say politely why not."""
    form = await read_form(request, LogInForm)
    if form.value is None:
        return await _show_log_in(request, form, 422)
    knock = Knock(form.value.name, form.value.password, _address(request))
    try:
        answer = await house_of(request).sessions.log_in(knock, token_of(request))
    except Overloaded as fault:
        return await _show_log_in(request, form.with_mistake("password", str(fault).capitalize() + "."), 503)
    match answer:
        case LoggedIn(_, token):
            return set_token(request, RedirectResponse(_safe(form.value.next), 303), token)
        case WrongNameOrPassword():
            wrong = "Name and password do not belong together. A lost password: doorbuster operator reset NAME"
            return await _show_log_in(request, form.with_mistake("password", wrong), 401)
        case TooManyTries(wait_seconds):
            slow = f"Too many tries. The next one counts in {wait_seconds:.0f} seconds."
            response = await _show_log_in(request, form.with_mistake("password", slow), 429)
            response.headers["retry-after"] = f"{wait_seconds + 1:.0f}"
            return response
        case impossible:
            assert_never(impossible)


async def log_out_create(request: Request) -> Response:
    """End the session."""
    await house_of(request).sessions.log_out(token_of(request), operator_of(request))
    return set_token(request, RedirectResponse("/log-in", 303), "")


async def link_show(request: Request) -> Response:
    """Show what a one-time link is for; looking does not use it up."""
    house = house_of(request)
    link = await asyncio.to_thread(link_of, house.event_log, request.path_params["token"], house.clock.now())
    return _show_link(request, link, Form(), 200)


async def link_use(request: Request) -> Response:
    """Make or recover the account and log it in."""
    house, token = house_of(request), request.path_params["token"]
    form = await read_form(request, LinkForm)
    link = await asyncio.to_thread(link_of, house.event_log, token, house.clock.now())
    if isinstance(link, Link):
        form = _checked(form, link)
    if isinstance(link, LinkWorthless) or form.value is None:
        return _show_link(request, link, form, 422)
    password_hash = await house.passwords.hash(form.value.password)
    name, now = form.value.name, house.clock.now()
    made = await asyncio.to_thread(use_link, house.event_log, token, name, password_hash, now)
    match made:
        case Operator():
            begun = await house.sessions.begin(made, _address(request), token_of(request))
            return set_token(request, RedirectResponse("/", 303), begun)
        case NameTaken():
            taken = form.with_mistake("name", "Somebody has that name already; choose another.")
            return _show_link(request, link, taken, 409)
        case LinkWorthless():
            return _show_link(request, made, form, 422)
        case impossible:
            assert_never(impossible)


def _checked(form: Form[LinkForm], link: Link) -> Form[LinkForm]:
    """Add what is wrong with the chosen name and password."""
    name = link.name or form.typed.get("name", "").strip()
    if link.name is None and (wrong := name_mistake(name)):
        form = form.with_mistake("name", wrong)
    if "password" not in form.mistakes and (weak := weakness(form.typed.get("password", "").strip(), name)):
        form = form.with_mistake("password", weak)
    return replace(form, value=form.value if not form.mistakes else None)


async def _show_log_in(request: Request, form: Form[LogInForm], status: int) -> Response:
    nobody = await asyncio.to_thread(nobody_yet, house_of(request).event_log)
    return show(request, "control/log_in.html", status=status, form=form, nobody=nobody)


def _show_link(request: Request, link: Link | LinkWorthless, form: Form[LinkForm], status: int) -> Response:
    if isinstance(link, LinkWorthless):
        return show(request, "control/link_worthless.html", status=410)
    return show(request, "control/link.html", status=status, form=form, link=link)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _safe(path: str) -> str:
    """Return a path of our own to go on to; anything else would lead a logged-in operator elsewhere."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside else "/"
