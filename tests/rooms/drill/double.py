"""A shop of a few lines, for testing the crowd: it answers by script, slowly, in pieces, or not at all."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from doorbuster.clock import SystemClock
from doorbuster.drill.plan import Habits, Pace, Plan, SaleFacts

NO_HABITS = Habits(0, 0, 0, 0, 0, 0, 0)
QUICK = Pace(think_seconds=0.001, reaction_seconds=0.001, poll_seconds=0.05, retry_seconds=0.01, patience_seconds=60)
ORDER_ID = "0192aaaa-0000-7000-8000-000000000001"


@dataclass
class Request:
    """What the double was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Request], Awaitable[bytes | None]]
"""Returns the raw bytes to send, or None to drop the connection."""


@dataclass
class Double:
    """A running double: its URL, what it was asked, and how many connections it saw."""

    url: str = ""
    asked: list[Request] = field(default_factory=list)
    connections: int = 0


def http(status: int, body: str | bytes = b"", **headers: str) -> bytes:
    """Write an answer with a length; underscores in header names become hyphens."""
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def problem(status: int, name: str, **headers: str) -> bytes:
    """Write a refusal."""
    body = json.dumps({"type": f"/problems/{name}", "title": name})
    return http(status, body, content_type="application/problem+json", **headers)


@asynccontextmanager
async def double_of(answer: Answer) -> AsyncIterator[Double]:
    """Run a double for the block."""
    double = Double()
    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        double.connections += 1
        open_now.add(writer)
        try:
            while request := await _read(reader):
                double.asked.append(request)
                if (raw := await answer(request)) is None:
                    break
                writer.write(raw)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            open_now.discard(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    double.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield double
        for writer in list(open_now):
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body)


@dataclass
class TinyShop:
    """Sells units to whoever asks first, and forgets nothing it promised to a key."""

    units: int
    url: str = ""
    holds: dict[str, str] = field(default_factory=dict)
    opened: bool = True
    paid: bool = False

    async def __call__(self, request: Request) -> bytes | None:
        """Answer like the real shop."""
        match request.method, request.path.split("?")[0].rsplit("/", 1)[-1]:
            case "POST", "holds":
                return self._hold(request.headers["idempotency-key"])
            case "POST", "orders":
                return http(201, self._order("awaiting_payment"))
            case "POST", "pay":
                return http(303, location=f"{self.url}/orders/{ORDER_ID}?secret=s3cret")
            case "GET", name if name == ORDER_ID:
                return http(200, self._order("paid"))
        return http(200, "a page", content_type="text/html")

    def _hold(self, key: str) -> bytes:
        if not self.opened:
            return problem(409, "not-open-yet", retry_after="0")
        if key in self.holds:
            return http(200, json.dumps({"id": self.holds[key]}))
        if len(self.holds) >= self.units:
            return problem(409, "sold-out")
        self.holds[key] = f"0192aaaa-0000-7000-8000-{len(self.holds):012d}"
        return http(201, json.dumps({"id": self.holds[key]}))

    def _order(self, state: str) -> str:
        payment = {"state": "pending", "redirect_url": f"{self.url}/pay"}
        total = {"amount": 1999, "currency": "GBP"}
        order = {"id": ORDER_ID, "number": 7, "state": state, "total": total, "secret": "s3cret", "payment": payment}
        return json.dumps(order)


def plan_for(url: str, **changes: object) -> Plan:
    """Return a plan for a tiny crowd that starts now, at a sale that is open."""
    now = SystemClock().now().timestamp()
    sale = SaleFacts(id="sale", handle="sale", sku="LAMP", opens_at=now, units=3)
    base = {"sale": sale, "starts_at": now, "habits": NO_HABITS, "pace": QUICK, "mix": {"purchase": 1.0}}
    return Plan(shop=url, **{**base, **changes})  # type: ignore[arg-type]
