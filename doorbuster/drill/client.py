"""A very cheap HTTP/1.1 connection: one request at a time, parsed by httptools.

Promises: every request ends in a Reply or in Broken, within its time-out.
Never: follows redirects, keeps cookies or retries; that is the browser's business.
"""

import asyncio
import ssl
from typing import cast
from urllib.parse import urlsplit

import httptools

BODY_BYTES_MAX = 8 * 1024 * 1024


class Broken(Exception):
    """No usable answer came; `kind` says how: Refused, Dropped, TimedOut or Garbled."""

    def __init__(self, kind: str, after_first_byte: bool = False) -> None:
        """Remember whether any byte of an answer had come, because only silence may be asked again."""
        super().__init__(kind)
        self.kind, self.after_first_byte = kind, after_first_byte


class Reply:
    """One answer: its status, headers (lower-case names, the last of each), cookies and whole body."""

    __slots__ = ("body", "cookies", "headers", "keep_alive", "status")

    def __init__(self) -> None:
        """Start empty; the connection fills it in."""
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.cookies: list[bytes] = []
        self.body = b""
        self.keep_alive = True

    def header(self, name: bytes) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name, b"").decode("latin-1")


class Connection(asyncio.Protocol):
    """One TCP connection that carries one exchange after the other."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Be made by `connect`."""
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reply: Reply | None = None
        self._chunks: list[bytes] = []
        self._body_bytes = 0
        self._headers_done = False
        self.exchanges = 0

    @property
    def is_open(self) -> bool:
        """Say whether another request may be sent."""
        return self._transport is not None and self._waiting is None

    def send(self, request: bytes, timeout_seconds: float) -> asyncio.Future[Reply]:
        """Write a request; the future ends in its Reply or in Broken after at most `timeout_seconds`."""
        assert self._transport is not None
        assert self._waiting is None
        self._waiting = self._loop.create_future()
        self._timer = self._loop.call_later(timeout_seconds, self._time_out)
        self._reply = None
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """Leave at once; an exchange under way ends as Dropped."""
        if self._transport is not None:
            self._transport.abort()
            self._lost(Broken("Dropped", self._reply is not None))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by the event loop)."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser (called by the event loop)."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._abort(Broken("Garbled", after_first_byte=True))

    def connection_lost(self, fault: Exception | None) -> None:
        """End an open-ended body, or break the exchange under way (called by the event loop)."""
        del fault
        if self._ends_with_connection():
            self.on_message_complete()
        self._lost(Broken("Dropped", self._reply is not None))

    def on_message_begin(self) -> None:
        """Start a fresh reply (called by the parser, as the on_ methods below)."""
        self._reply, self._chunks, self._body_bytes, self._headers_done = Reply(), [], 0, False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one header."""
        assert self._reply is not None
        name = name.lower()
        if name == b"set-cookie":
            self._reply.cookies.append(value)
        else:
            self._reply.headers[name] = value

    def on_headers_complete(self) -> None:
        """Note the status."""
        assert self._reply is not None
        self._reply.status = self._parser.get_status_code()
        self._headers_done = True

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body, up to a bound."""
        self._chunks.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > BODY_BYTES_MAX:
            self._abort(Broken("Garbled", after_first_byte=True))

    def on_message_complete(self) -> None:
        """Hand the finished reply to whoever waits; an interim (1xx) answer is skipped."""
        reply = self._reply
        if reply is None or reply.status < 200:
            return
        reply.body = b"".join(self._chunks)
        reply.keep_alive = self._parser.should_keep_alive()
        self.exchanges += 1
        waiting = self._finish()
        if not reply.keep_alive and self._transport is not None:
            self._transport.close()
            self._transport = None
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _ends_with_connection(self) -> bool:
        reply = self._reply
        if reply is None or self._waiting is None or not self._headers_done:
            return False
        return b"content-length" not in reply.headers and b"transfer-encoding" not in reply.headers

    def _time_out(self) -> None:
        self._abort(Broken("TimedOut", self._reply is not None))

    def _abort(self, fault: Broken) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._lost(fault)

    def _lost(self, fault: Broken) -> None:
        self._transport = None
        waiting = self._finish()
        if waiting is not None and not waiting.done():
            waiting.set_exception(fault)

    def _finish(self) -> asyncio.Future[Reply] | None:
        waiting, self._waiting = self._waiting, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return waiting


async def connect(origin: "Origin", source: str | None, timeout_seconds: float) -> Connection:
    """Open a connection from the local address `source`; raises Broken as Refused or TimedOut."""
    loop = asyncio.get_running_loop()
    local = (source, 0) if source else None
    try:
        async with asyncio.timeout(timeout_seconds):
            _, connection = await loop.create_connection(
                lambda: Connection(loop), origin.host, origin.port, local_addr=local, ssl=origin.tls
            )
    except TimeoutError:
        raise Broken("TimedOut") from None
    except OSError:
        raise Broken("Refused") from None
    return connection


class Origin:
    """Scheme, host and port of a server."""

    __slots__ = ("host", "netloc", "port", "tls", "url")

    def __init__(self, scheme: str, host: str, port: int | None) -> None:
        """Fill in the scheme's own port where none is given."""
        self.host = host
        self.port = port or (443 if scheme == "https" else 80)
        self.netloc = f"{host}:{port}" if port else host
        self.url = f"{scheme}://{self.netloc}"
        self.tls = ssl.create_default_context() if scheme == "https" else None


async def get(url: str, timeout_seconds: float) -> Reply:
    """Read one page over a connection of its own; raises Broken."""
    parts = urlsplit(url)
    origin = Origin(parts.scheme, parts.hostname or "", parts.port)
    connection = await connect(origin, None, timeout_seconds)
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        request = f"GET {path} HTTP/1.1\r\nHost: {origin.netloc}\r\nConnection: close\r\n\r\n"
        return await connection.send(request.encode(), timeout_seconds)
    finally:
        connection.close()
