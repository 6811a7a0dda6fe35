"""Only our own pages may change something: Origin and Sec-Fetch-Site instead of tokens in forms.

Promises: a form on another site cannot act in a shopper's name; the sale page stays the same bytes for everybody.
Never: stands in the way of programs. A browser always sends one of the two headers with an unsafe request (all since
2020), so a request to the API with neither is no browser's. Pages are for browsers and need one of them.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from doorbuster.web.failures import failure

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROGRAM_PATHS = ("/api/", "/payments/callbacks/", "/internal/")


def is_our_own(headers: Headers, own_hosts: frozenset[str], path: str) -> bool:
    """Say whether an unsafe request comes from our pages, or from a program where programs may call."""
    site = headers.get("sec-fetch-site")
    if site in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc in own_hosts | {headers.get("host", "")}
    return site is None and path.startswith(PROGRAM_PATHS)


class OriginCheck:
    """Refuses unsafe requests from other sites with 403."""

    def __init__(self, app: ASGIApp, own_url: str) -> None:
        """Wrap `app`; `own_url` is the public address, which a proxy may hide from the Host header."""
        self._app = app
        self._own_hosts = frozenset({urlsplit(own_url).netloc})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let safe methods and our own pages through."""
        safe = scope["type"] != "http" or scope["method"] in SAFE_METHODS
        if safe or is_our_own(Headers(scope=scope), self._own_hosts, scope["path"]):
            await self._app(scope, receive, send)
            return
        response = await failure(Request(scope), 403)
        await response(scope, receive, send)
