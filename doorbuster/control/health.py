"""What machines ask the control plane: is it alive, is it ready, and the metrics.

`/metrics` carries no personal data, but how a shop sells is its own business: it answers this machine, or whoever
shows `Authorization: Bearer <token>` with the token that `doorbuster operator metrics-token` prints.
"""

import hmac
import ipaddress
from collections.abc import Callable

from msgspec import DecodeError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster.accounts.tokens import TOKEN_HEADER, internal_token, metrics_token
from doorbuster.clock import Clock
from doorbuster.control.house import house_of
from doorbuster.watch.collector import Collector
from doorbuster.watch.exported import exported
from doorbuster.watch.exposition import CONTENT_TYPE, exposition
from doorbuster.watch.snapshots import BODY_BYTES_MAX, PATH, decode


async def healthz(_: Request) -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


async def readyz(request: Request) -> Response:
    """Say that operators can work: the control room is ready without PostgreSQL, whose state the body tells."""
    database = house_of(request).pulse.database
    state = "up" if database and database.up else "down"
    return PlainTextResponse(f"ok\ndatabase {state}\n", headers={"cache-control": "no-store"})


async def metrics_show(request: Request) -> Response:
    """Show all metrics as Prometheus text."""
    house = house_of(request)
    if not may_scrape(request, metrics_token(house.settings.secret)):
        return PlainTextResponse("metrics are for this machine or with the token\n", 403)
    book, now = house.alerts, house.clock.monotonic()
    body = exposition(house.collector, now, book.past.signals(), exported(book))
    return Response(body, headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})


def may_scrape(request: Request, token: str) -> bool:
    """Say whether a program may read what is not public: it runs on this machine, or shows the token."""
    shown = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded"))
    return hmac.compare_digest(shown, token.encode()) or (not forwarded and _is_this_machine(request))


def _is_this_machine(request: Request) -> bool:
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


class SnapshotIntake:
    """Takes the workers' snapshots before anything else sees the request; everything else goes to `app`.

    It stands outside the pages' body limit and origin check: a snapshot is larger than a form,
    and no browser sends one.
    """

    def __init__(
        self, app: ASGIApp, collector: Collector, clock: Clock, secret: str, news: Callable[[], bytes]
    ) -> None:
        """Keep the token ready; `news` is what a worker is told in return, nothing if empty."""
        self._app, self._collector, self._clock, self._news = app, collector, clock, news
        self._token = internal_token(secret).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a snapshot: 200 counted (news follow), 410 too late, 401 wrong token, 400 no snapshot, 413 too large."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        status = await self._take(scope, receive)
        news = self._news() if status == 200 else b""
        length = [(b"content-length", str(len(news)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": length})
        await send({"type": "http.response.body", "body": news})

    async def _take(self, scope: Scope, receive: Receive) -> int:
        shown = dict(scope["headers"]).get(TOKEN_HEADER.lower().encode(), b"")
        if not hmac.compare_digest(shown, self._token):
            return 401
        body = await _read(receive)
        if body is None:
            return 413
        try:
            snapshot = decode(body)
        except DecodeError:
            return 400
        return 200 if self._collector.take(snapshot, self._clock.monotonic()) else 410


async def _read(receive: Receive) -> bytes | None:
    body = bytearray()
    while True:
        message: Message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            return None
        if not message.get("more_body"):
            return bytes(body)
