"""No body may be larger than anything the shop needs to receive.

Promises: a declared length above the limit is refused without keeping a byte of it, an undeclared one as soon as it is
passed. What is somewhat too large is let run out first, because a client that is still sending reads no answer.
"""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster.web.failures import failure

BODY_BYTES_MAX = 64 * 1024
RUN_OUT_BYTES_MAX = 4 * 1024 * 1024
RUN_OUT_SECONDS = 2.0


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
            if int(declared) <= RUN_OUT_BYTES_MAX:
                await _let_run_out(receive)
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


async def _let_run_out(receive: Receive) -> None:
    """Read the rest of a body and forget it; give up after RUN_OUT_SECONDS."""
    with suppress(TimeoutError):
        async with asyncio.timeout(RUN_OUT_SECONDS):
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                pass
