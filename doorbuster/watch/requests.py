"""Counts and times HTTP requests by route and status, as the outermost ASGI middleware.

Promises: what a shopper waits for is in the time: the guard's line, the hot door, the kept answers; a few microseconds
a request; the label sets are bounded by the route table, whatever is asked for.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster import metrics
from doorbuster.database import tally
from doorbuster.review.routes import BOUNDS, METRIC
from doorbuster.watch.visitors import SLOW_SECONDS
from doorbuster.web.measured import ANSWERED_AS, REFUSED

REQUESTS = metrics.counter(
    "doorbuster_http_requests_total",
    "Requests answered, by plane, route, method and status.",
    ("plane", "route", "method", "status"),
)
SECONDS = metrics.histogram(
    "doorbuster_http_request_duration_seconds", "Time to the answer's last byte.", ("plane", "route")
)
SLOW = metrics.counter(
    "doorbuster_http_slow_total", "Answers that took longer than three seconds and were no failures.", ("plane",)
)
STATEMENTS = metrics.histogram(METRIC, "Statements that one request sent.", ("plane", "route"), BOUNDS)
IN_FLIGHT = metrics.gauge("doorbuster_http_requests_in_flight", "Requests being answered.")

Seen = Callable[[bool], None]
See = Callable[[Scope], Seen]
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _see_nothing(_: Scope) -> Seen:
    return lambda hurt: None


class CountRequests:
    """Wraps the application of one plane; `routes` are those that it serves."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute], plane: str = "shop", see: See = _see_nothing) -> None:
        """Learn which path each endpoint stands for; `see` is told of each request, what it returns whether it hurt."""
        self._app, self._plane, self._see = app, plane, see
        self._paths = {id(endpoint): path for endpoint, path in _endpoints(routes, "")}
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the wrapped application and count the outcome; a broken answer counts as status 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started, statements, seen = time.perf_counter(), tally.begin(), self._see(scope)
        self._step(1)
        try:
            await self._app(scope, receive, watched_send)
        finally:
            self._step(-1)
            seconds = time.perf_counter() - started
            route = scope.get(ANSWERED_AS) or self._paths.get(id(scope.get("endpoint")), "unmatched")
            scope[ANSWERED_AS] = route
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            REQUESTS.add(self._plane, route, method, str(status))
            SECONDS.observe(seconds, self._plane, route)
            slow = seconds > SLOW_SECONDS and status < 500
            if slow and route != REFUSED:
                SLOW.add(self._plane)
            seen(route != REFUSED and (slow or status >= 500))
            if route != REFUSED:  # nobody asks the database in order to say no
                STATEMENTS.observe(statements[0], self._plane, route)

    def _step(self, by: int) -> None:
        self._in_flight += by
        IN_FLIGHT.set(self._in_flight)


def _endpoints(routes: Iterable[BaseRoute], prefix: str) -> Iterator[tuple[object, str]]:
    for route in routes:
        path = prefix + getattr(route, "path", "")
        inner = getattr(route, "routes", None)
        if inner:
            yield from _endpoints(inner, path)
        elif hasattr(route, "endpoint"):
            yield route.endpoint, path
        else:
            yield getattr(route, "app", route), path
