"""Pages about the API for the people who write programs: every endpoint, and every way it may refuse.

They are made from the tables that serve the API, so they cannot say anything else than what is served.
"""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Endpoint, Handler
from doorbuster.web.pages import show

PUBLIC_SECONDS = 60


def documentation_routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """Return the routes of the page about the endpoints and of the pages about the problems."""
    return [
        Route(f"{PREFIX}/", _api_show(endpoints), methods=["GET"]),
        Route(problems.URL_PREFIX + "{name}", problem_show, methods=["GET"]),
    ]


async def problem_show(request: Request) -> Response:
    """Explain one problem type: what it means and what to do."""
    kind = problems.declared().get(request.path_params["name"])
    if kind is None:
        raise HTTPException(404)
    return show(request, "web/problem.html", public_seconds=PUBLIC_SECONDS, problem=kind)


def _api_show(endpoints: Sequence[Endpoint]) -> Handler:
    async def api_show(request: Request) -> Response:
        kinds = sorted(problems.declared().values(), key=lambda kind: (kind.status, kind.name))
        return show(request, "web/api.html", public_seconds=PUBLIC_SECONDS, endpoints=endpoints, problems=kinds)

    return api_show
