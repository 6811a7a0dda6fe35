"""The application builder: routes and middleware are lists that come in, one ASGI application goes out."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan

from doorbuster.settings import Settings
from doorbuster.web.failures import HANDLERS
from doorbuster.web.headers import AnswerHeaders, security_headers
from doorbuster.web.limits import BodyLimit
from doorbuster.web.origin import OriginCheck
from doorbuster.web.pages import asset_show


def build_app(
    routes: Sequence[BaseRoute],
    *,
    settings: Settings,
    lifespan: Lifespan[Starlette],
    own_url: str = "",
    middleware: Sequence[Middleware] = (),
) -> ASGIApp:
    """Return the application of one plane.

    `lifespan` yields `{"house": House(...)}`, which handlers reach by `house_of(request)`. `own_url` is the address
    whose pages may post here: the shop's unless the plane has another. `middleware` comes after the house's own.
    """
    house_middleware = [
        Middleware(BodyLimit),
        Middleware(OriginCheck, own_url=own_url or settings.shop_url),
    ]
    inner = Starlette(
        routes=[Route("/assets/{hash}/{name}", asset_show), *routes],
        middleware=[*house_middleware, *middleware],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    return AnswerHeaders(inner, security_headers(settings))
