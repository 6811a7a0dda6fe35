"""What every answer carries: the security headers and a request id.

Promises: scripts, styles, pictures and frames from elsewhere never run or show, whatever a template lets through.
Never: trusts a request id sent from outside.
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster.clock import new_id
from doorbuster.settings import Settings
from doorbuster.web.logs import REQUEST_ID

RawHeaders = list[tuple[bytes, bytes]]
HEADERS = "headers by name"


def security_headers(settings: Settings) -> RawHeaders:
    """Return the headers for every answer, cached or not.

    `form-action` names the payment gateway because the answer to the checkout's POST redirects there, and browsers
    hold a redirect of a form to the same rule.
    """
    policy = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {' '.join(settings.gateway_page_origins)}"
    )
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
    }
    if settings.secure_cookies:
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def data_headers(settings: Settings) -> RawHeaders:
    """Return the headers for hot answers that are data and no page: nothing in them runs, shows or leads anywhere.

    A policy for pages would say nothing there, and checking and writing it costs a third of a small answer.
    """
    kept = (b"x-content-type-options", b"strict-transport-security")
    return [header for header in security_headers(settings) if header[0] in kept]


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Return a request's headers by name, the last of several; who stands further inside gets the same dictionary."""
    found: dict[bytes, bytes] | None = scope.get(HEADERS)
    if found is None:
        found = scope[HEADERS] = dict(scope["headers"])
    return found


class AnswerHeaders:
    """Adds the security headers and `request-id` to every answer; the id is in `request.state.request_id`."""

    def __init__(self, app: ASGIApp, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Wrap `app`; `headers` are added where the answer does not set its own."""
        self._app = app
        self._headers = list(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a new id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id().hex
        REQUEST_ID.set(request_id)
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", []))
                names = {name for name, _ in own}
                own.extend(header for header in self._headers if header[0] not in names)
                message["headers"] = [*own, (b"request-id", request_id.encode())]
            await send(message)

        await self._app(scope, receive, send_with_headers)
