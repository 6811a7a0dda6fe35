"""One shopper's browser: own connections, own cookies, own log of every request.

Promises: latency counts from the planned moment; a request on a kept-alive connection that died in silence is sent
once more on a fresh one, as browsers do; everything asked is in the record.
Never: shares a connection or a cookie with another shopper.
"""

import asyncio
from functools import lru_cache
from urllib.parse import urlsplit

from doorbuster.drill.answers import kind_of
from doorbuster.drill.client import Broken, Connection, Origin, Reply, connect
from doorbuster.drill.record import Attempt, Record

CONNECT_SECONDS_MAX = 10.0


class Stopwatch:
    """Seconds since the crowd's start, on the event loop's clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, zero: float) -> None:
        """Count from the loop's time `zero`."""
        self._loop, self._zero = loop, zero

    def now(self) -> float:
        """Return the seconds since the start."""
        return self._loop.time() - self._zero

    async def until(self, moment: float) -> None:
        """Sleep until a moment of this watch; a moment that has passed returns at once."""
        if (left := moment - self.now()) > 0:
            await asyncio.sleep(left)


class Sockets:
    """The bound on open connections, and whether it was ever in the way."""

    def __init__(self, most: int) -> None:
        """Allow `most` connections at once."""
        self._free = asyncio.Semaphore(most)
        self.open = self.peak = self.waited = 0

    async def take(self) -> None:
        """Wait for a place."""
        self.waited += self._free.locked()
        await self._free.acquire()
        self.open += 1
        self.peak = max(self.peak, self.open)

    def give(self) -> None:
        """Return a place."""
        self.open -= 1
        self._free.release()


class Browser:
    """What one shopper asks the shop and the payment page with."""

    def __init__(
        self, shopper: int, record: Record, watch: Stopwatch, sockets: Sockets, source: str | None, *,
        forwarded_for: str = "", agent: str = "doorbuster-drill",
    ) -> None:  # fmt: skip
        """Open nothing yet; `source` is the shopper's own address, if there is one.

        `forwarded_for` is whence a proxy would say that the shopper comes.
        """
        self._forwarded_for, self._agent = forwarded_for, agent
        self._shopper, self._record, self._watch, self._sockets = shopper, record, watch, sockets
        self._source = source
        self._idle: dict[str, list[Connection]] = {}
        self._mine: set[Connection] = set()
        self._cookies: dict[str, dict[str, str]] = {}
        self.deadline = float("inf")
        self.hurt = False

    def now(self) -> float:
        """Return the seconds since the crowd's start."""
        return self._watch.now()

    async def ask(self, step: str, method: str, url: str, *, planned: float, **content: str | bytes) -> Reply:
        """Send one request at its planned moment and return the answer; raises Broken when none came in time.

        `content` may hold `body`, `type`, `key` (the Idempotency-Key), `secret` (the Order-Secret), `work`
        (the Room-Work) and `accept`.
        """
        origin, path = _split(url)
        request = self._request(origin, method, path, content)
        await self._watch.until(planned)
        sent = self._watch.now()
        for resend in (True, False):
            try:
                reply = await self._exchange(origin, request, resend)
            except _Stale:
                self._log(step, planned, sent, 0, "Resent")
                continue
            except Broken as fault:
                self._log(step, planned, sent, 0, fault.kind)
                raise
            self._log(step, planned, sent, reply.status, kind_of(step, reply))
            self._keep_cookies(origin, reply)
            return reply
        raise AssertionError("the second try never raises Stale")

    async def ask_and_hang_up(
        self, step: str, method: str, url: str, *, planned: float, **content: str | bytes
    ) -> None:
        """Send one request and lose the connection before the answer."""
        origin, path = _split(url)
        await self._watch.until(planned)
        connection, _ = await self._connection(origin)
        sent = self._watch.now()
        answer = connection.send(self._request(origin, method, path, content), CONNECT_SECONDS_MAX)
        await asyncio.sleep(0)
        connection.close()
        self._discard(connection)
        await asyncio.gather(answer, return_exceptions=True)
        self._log(step, planned, sent, 0, "HungUp")

    def forget_who_i_am(self) -> None:
        """Throw the cookies away: for the shop somebody else comes next."""
        self._cookies.clear()

    def leave(self) -> None:
        """Close everything."""
        for connection in list(self._mine):
            connection.close()
            self._discard(connection)
        self._idle.clear()

    async def _exchange(self, origin: Origin, request: bytes, resend: bool) -> Reply:
        connection, fresh = await self._connection(origin)
        try:
            reply = await connection.send(request, self._seconds_left())
        except Broken as fault:
            self._discard(connection)
            if resend and not fresh and fault.kind == "Dropped" and not fault.after_first_byte:
                raise _Stale from None
            raise
        if connection.is_open:
            self._idle.setdefault(origin.url, []).append(connection)
        else:
            self._discard(connection)
        return reply

    async def _connection(self, origin: Origin) -> tuple[Connection, bool]:
        idle = self._idle.get(origin.url, [])
        while idle:
            if (connection := idle.pop()).is_open:
                return connection, False
            self._discard(connection)
        await self._sockets.take()
        try:
            connection = await connect(origin, self._source, min(CONNECT_SECONDS_MAX, self._seconds_left()))
        except Broken:
            self._sockets.give()
            raise
        self._mine.add(connection)
        return connection, True

    def _discard(self, connection: Connection) -> None:
        if connection in self._mine:
            self._mine.remove(connection)
            self._sockets.give()

    def _seconds_left(self) -> float:
        return max(0.001, min(60.0, self.deadline - self._watch.now()))

    def _request(self, origin: Origin, method: str, path: str, content: dict[str, str | bytes]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {origin.netloc}", f"User-Agent: {self._agent}"]
        lines.append(f"Accept: {content.get('accept', '*/*')!s}")
        if cookies := self._cookies.get(origin.host):
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
        if self._forwarded_for:
            lines.append(f"X-Forwarded-For: {self._forwarded_for}")
        if "key" in content:
            lines.append(f"Idempotency-Key: {content['key']!s}")
        if "secret" in content:
            lines.append(f"Order-Secret: {content['secret']!s}")
        if "work" in content:
            lines.append(f"Room-Work: {content['work']!s}")
        body = content.get("body", b"")
        body = body.encode() if isinstance(body, str) else body
        if method == "POST":
            lines += [f"Origin: {origin.url}", "Sec-Fetch-Site: same-origin", f"Content-Type: {content['type']!s}"]
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def _keep_cookies(self, origin: Origin, reply: Reply) -> None:
        for cookie in reply.cookies:
            name, _, value = cookie.split(b";", 1)[0].decode("latin-1").partition("=")
            self._cookies.setdefault(origin.host, {})[name.strip()] = value.strip()

    def _log(self, step: str, planned: float, sent: float, status: int, kind: str) -> None:
        attempt = Attempt(self._shopper, step, planned, sent, self._watch.now(), status, kind)
        self._record.attempts.append(attempt)
        self.hurt = self.hurt or attempt.hurt


class _Stale(Exception):
    """A kept-alive connection died in silence: the request may be sent once more."""


@lru_cache(maxsize=64)
def _origin(scheme: str, host: str, port: int | None) -> Origin:
    return Origin(scheme, host, port)


def _split(url: str) -> tuple[Origin, str]:
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise Broken("Garbled", after_first_byte=True)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _origin(parts.scheme, parts.hostname, parts.port), path


def own_address(number: int) -> str:
    """Return a loopback address of the shopper's own, so that no two of them share ports or rate limits."""
    block = number % (250 * 250 * 250)
    return f"127.{1 + block // 62_500}.{block // 250 % 250}.{1 + block % 250}"
