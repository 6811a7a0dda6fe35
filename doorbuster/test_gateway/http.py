"""The little of HTTP that the gateway needs, between ASGI and its handlers."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from doorbuster.test_gateway.wire import Invalid

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
BODY_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """A request, read whole."""

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name.encode(), b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, ready to be sent."""

    status: int
    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: Send) -> None:
        """Send it."""
        headers = {"content-type": self.media_type, "content-length": str(len(self.body)), **self.headers}
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": pairs})
        await send({"type": "http.response.body", "body": self.body})


def reply_json(value: Any, status: int = 200) -> Reply:
    """Answer with JSON."""
    return Reply(status, msgspec.json.encode(value), "application/json", {"cache-control": "no-store"})


def reply_error(status: int, message: str, kind: str = "invalid_request_error") -> Reply:
    """Answer with an error as Stripe writes them."""
    return reply_json({"error": {"type": kind, "message": message}}, status)


async def read_request(scope: Scope, receive: Receive) -> Request:
    """Read a request whole; raise Invalid for a body above the limit."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise Invalid("the body is too large")
        if not message.get("more_body"):
            break
    return Request(scope["method"], scope["path"], scope["query_string"], dict(scope["headers"]), body)
