"""Keeps answers that are the same for everybody for as long as they say, so that a crowd costs one rendering.

Promises: only a 200 answer to GET that calls itself `public, max-age=N` is kept, for N seconds (RFC 9111, the part a
shared cache in front of its own origin needs); when it has gone stale one request renews it while the others still get
the old one (stale-while-revalidate), and so does everybody when the renewal fails (stale-if-error, RFC 5861).
Never: keeps anything personal, an answer that sets a cookie, more than `entries_max` answers, or a large one.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.web.headers import headers_of

STALE_SECONDS = 30.0
BODY_BYTES_MAX = 256 * 1024
LOOKED_UP = metrics.counter("doorbuster_shared_cache_lookups_total", "Requests by what the cache had.", ("found",))

_PUBLIC = re.compile(rb"\bpublic\b.*\bmax-age=(\d+)")
_OWN_HEADERS = frozenset({b"request-id", b"date"})

Key = tuple[str, bytes, bool]


@dataclass(slots=True)
class Entry:
    """One kept answer: fresh until `fresh_until`, good enough in need for STALE_SECONDS more (monotonic seconds).

    `endpoint` is the handler that made it, by which it is counted.
    """

    start: Message
    body: bytes
    made_at: float
    fresh_until: float
    endpoint: object
    renewing: bool = False


@dataclass(slots=True)
class _Capture:
    """Passes an answer on and keeps a copy; holds back a failure as long as there is an old answer to give instead."""

    send: Send
    old: Entry | None
    start: Message | None = None
    parts: list[bytes] = field(default_factory=list)
    failed: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            self.failed = message["status"] >= 500 and self.old is not None
        else:
            self.parts.append(message.get("body", b""))
        if not self.failed:
            await self.send(message)


class SharedCache:
    """Stands before the application of a plane."""

    def __init__(self, app: ASGIApp, clock: Clock, entries_max: int = 1_000) -> None:
        """Wrap `app`; the least recently used answers make room for new ones."""
        self._app, self._clock, self._entries_max = app, clock, entries_max
        self._entries: OrderedDict[Key, Entry] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the application answer and keep what may be kept."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        key = _key_of(scope)
        entry, now = self._entries.get(key), self._clock.monotonic()
        if entry is not None and now >= entry.fresh_until + STALE_SECONDS:
            entry = None
        if entry is not None and (now < entry.fresh_until or entry.renewing):
            LOOKED_UP.add("kept")
            scope["endpoint"] = entry.endpoint
            await _give(entry, now, send)
            return
        LOOKED_UP.add("stale" if entry else "nothing")
        capture = _Capture(send, entry)
        if entry is not None:
            entry.renewing = True
        try:
            await self._app(scope, receive, capture)
        finally:
            if entry is not None:
                entry.renewing = False
        if capture.failed and entry is not None:
            await _give(entry, now, send)
        else:
            self._keep(key, capture, scope.get("endpoint"))

    def _keep(self, key: Key, capture: _Capture, endpoint: object) -> None:
        start = capture.start
        # First what costs nothing: most of what is not kept under a flood are refusals.
        if start is None or start["status"] != 200:
            self._entries.pop(key, None)
            return
        headers, body = dict(start["headers"]), b"".join(capture.parts)
        public = _PUBLIC.search(headers.get(b"cache-control", b""))
        if not public or b"set-cookie" in headers or len(body) > BODY_BYTES_MAX:
            self._entries.pop(key, None)
            return
        kept = {**start, "headers": [header for header in start["headers"] if header[0] not in _OWN_HEADERS]}
        now = self._clock.monotonic()
        self._entries[key] = Entry(kept, body, now, now + int(public[1]), endpoint)
        self._entries.move_to_end(key)
        if len(self._entries) > self._entries_max:
            self._entries.popitem(last=False)


def _key_of(scope: Scope) -> Key:
    """Return what tells answers apart: the address and whether the client reads gzip (all that ours vary by)."""
    return scope["path"], scope["query_string"], b"gzip" in headers_of(scope).get(b"accept-encoding", b"")


async def _give(entry: Entry, now: float, send: Send) -> None:
    age = (b"age", str(int(now - entry.made_at)).encode())
    await send({**entry.start, "headers": [*entry.start["headers"], age]})
    await send({"type": "http.response.body", "body": entry.body})
