"""No body may be larger than anything the shop needs to receive.

Promises: a declared length above the limit is refused before a byte is read, an undeclared one as soon as it is passed.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster.web.failures import failure

BODY_BYTES_MAX = 64 * 1024


class BodyLimit:
    """Refuses bodies above `bytes_max` with 413."""

    def __init__(self, app: ASGIApp, bytes_max: int = BODY_BYTES_MAX) -> None:
        """Wrap `app`."""
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what arrives; raise HTTPException(413) out of `receive` when it is too much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._bytes_max:
            response = await failure(Request(scope), 413, headers={"connection": "close"})
            await response(scope, receive, send)
            return
        left = self._bytes_max

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
