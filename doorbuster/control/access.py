"""Who may come in: every page of the control room is a `guarded` route with the permission it needs.

Promises: without a session nothing but log-in, links and health answers; a link to look on opens what needs no more
than `glance`; a role reaches what its permissions
say and nothing else; a page that needs PostgreSQL says so when it is down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from doorbuster.accounts import roles
from doorbuster.accounts.operators import Operator
from doorbuster.accounts.roles import Permission
from doorbuster.accounts.sessions import ABSOLUTE
from doorbuster.accounts.views import view_of
from doorbuster.control.house import house_of
from doorbuster.errors import DatabaseContention, DatabaseTimeout, DatabaseUnavailable, EventLogUnavailable
from doorbuster.journal import Actor
from doorbuster.web.failures import failure
from doorbuster.web.pages import show

GUESTS_MAY: Permission = "glance"
"""What somebody without an account may, who came by a link to look on."""

Handler = Callable[[Request], Awaitable[Response]]


class GuardedRoute(Route):
    """A route that only operators with `permission` reach."""

    def __init__(self, path: str, handler: Handler, permission: Permission, methods: Sequence[str]) -> None:
        """Wrap the handler."""
        super().__init__(path, _guard(handler, permission), methods=list(methods))
        self.permission = permission


def guarded(path: str, handler: Handler, permission: Permission, *methods: str) -> Route:
    """Return the route of a page for operators with `permission`; GET unless other methods are named."""
    return GuardedRoute(path, handler, permission, methods or ("GET",))


def operator_of(request: Request) -> Operator:
    """Return who is logged in; only inside guarded routes."""
    operator: Operator = request.state.operator
    return operator


def actor_of(request: Request) -> Actor:
    """Return who is logged in, as the journal writes it."""
    operator = operator_of(request)
    return Actor(operator.name, operator.role)


def may(request: Request, permission: Permission) -> bool:
    """Say whether the operator has the permission; for pages that show a button only to those who may press it."""
    return roles.may(operator_of(request).role, permission)


def token_of(request: Request) -> str:
    """Return the session's token that came along, or an empty text."""
    return request.cookies.get(_cookie_name(request), "")


def set_token(request: Request, response: Response, token: str) -> Response:
    """Hand the browser its token; an empty one takes the old away."""
    response.set_cookie(
        _cookie_name(request),
        token,
        max_age=int(ABSOLUTE.total_seconds()) if token else 0,
        path="/",
        secure=_is_https(request),
        httponly=True,
        samesite="lax",
    )
    return response


def set_view(request: Request, response: Response, token: str, lasts_seconds: int) -> Response:
    """Hand the browser the link to look on that it came by."""
    secure = _is_https(request)
    response.set_cookie(
        _view_name(request), token, max_age=lasts_seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )
    return response


def _guard(handler: Handler, permission: Permission) -> Handler:
    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        try:
            operator = await _whoever(request, permission)
        except EventLogUnavailable as fault:
            return await failure(request, 503, str(fault))
        if operator is None:
            return _view_over(request) if permission == GUESTS_MAY and _view_token(request) else _log_in_first(request)
        request.state.operator = operator
        if not roles.may(operator.role, permission):
            return show(request, "control/not_allowed.html", status=403, operator=operator, permission=permission)
        try:
            return await handler(request)
        except (DatabaseUnavailable, DatabaseTimeout, DatabaseContention) as fault:
            return show(request, "control/database_down.html", status=503, operator=operator, why=str(fault))
        except EventLogUnavailable as fault:
            return await failure(request, 503, f"{fault}. Nothing was done, since it could not be written down.")

    return endpoint


async def _whoever(request: Request, permission: Permission) -> Operator | None:
    """Return who is logged in, or where that is enough the guest of a link that works."""
    house, token = house_of(request), token_of(request)
    operator = await house.sessions.operator_of(token) if token else None
    if operator is None and permission == GUESTS_MAY and (link := _view_token(request)):
        view = await asyncio.to_thread(view_of, house.event_log, link, house.clock.now())
        return view.guest if view else None
    return operator


def _view_over(request: Request) -> Response:
    """Say that the link to look on is worth nothing any more, and forget it, so that the next visit may log in."""
    return set_view(request, show(request, "control/view_over.html", status=401), "", 0)


def _log_in_first(request: Request) -> Response:
    """Lead to the log-in; a form that was sent is refused instead, so that the browser can send it again."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in ("GET", "HEAD"):
        return RedirectResponse(f"/log-in?next={quote(here, safe='')}", 303, {"cache-control": "no-store"})
    return show(request, "control/session_over.html", status=401)


def _is_https(request: Request) -> bool:
    return request.url.scheme == "https"


def _view_token(request: Request) -> str:
    return request.cookies.get(_view_name(request), "")


def _view_name(request: Request) -> str:
    return "__Host-view" if _is_https(request) else "view"


def _cookie_name(request: Request) -> str:
    # Cookies know no ports: another plane on the same host gets this one too, but nobody else can set it over HTTPS.
    return "__Host-operator" if _is_https(request) else "operator"
