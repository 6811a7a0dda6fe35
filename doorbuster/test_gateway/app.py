"""The addresses of the test gateway, in raw ASGI: an API for shops, a page for shoppers, a lever for tests."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment

from doorbuster.clock import SystemClock, new_id, new_secret
from doorbuster.money import Money
from doorbuster.test_gateway.delivery import PATIENCE_SECONDS, Delivery
from doorbuster.test_gateway.http import (
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    read_request,
    reply_error,
    reply_json,
)
from doorbuster.test_gateway.money_back import DISPUTE_EVENTS, dispute_of, refund_of, returned
from doorbuster.test_gateway.sessions import EVENTS, Session
from doorbuster.test_gateway.store import Store
from doorbuster.test_gateway.wire import (
    EventHead,
    Invalid,
    event_body,
    event_id_at,
    read_behaviours,
    read_form,
    read_session,
    read_window,
    session_object,
)

SLOW_SECONDS = 5.0
LOST_SECONDS = 60.0
"""Longer than any shop waits for an answer."""
FAILED_DELIVERY_SECONDS = 20.0
Handler = Callable[[Request], Awaitable[Reply]]


class App:
    """The gateway as an ASGI application."""

    def __init__(self, store: Store, delivery: Delivery, api_key: str, base_url: str) -> None:
        """Serve sessions of `store` at `base_url` to whoever knows `api_key`."""
        self._store, self._delivery, self._base_url = store, delivery, base_url
        self._authorization = f"Bearer {api_key}"
        self._behaviours: tuple[str, ...] = ()
        self._acting: set[str] = set()
        files = resources.files("doorbuster.test_gateway")
        self._page = Environment(autoescape=True).from_string(files.joinpath("page.html").read_text("utf-8"))
        self._css = files.joinpath("page.css").read_bytes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            reply = await self._answer(await read_request(scope, receive))
        except Invalid as mistake:
            reply = reply_error(mistake.status, str(mistake))
        await reply.send(send)

    async def _answer(self, request: Request) -> Reply:
        head, _, rest = request.path.lstrip("/").partition("/")
        if head in ("v1", "test"):
            if not hmac.compare_digest(request.header("authorization").encode(), self._authorization.encode()):
                return reply_error(401, "the API key is missing or wrong")
            return await self._answer_shop(request, head, rest)
        if head == "pay" and (session := self._session(rest)) is not None:
            return self._show(session) if request.method != "POST" else await self._finish(session, request)
        if request.path == "/page.css":
            return Reply(200, self._css, "text/css; charset=utf-8", {"cache-control": "max-age=3600"})
        if request.path == "/healthz":
            return reply_json({"status": "ok"})
        return reply_error(404, "there is nothing at this address")

    async def _answer_shop(self, request: Request, head: str, rest: str) -> Reply:
        parts = rest.split("/")
        match request.method, head, parts:
            case "POST", "test", ["behaviour"]:
                self._behaviours = read_behaviours(read_form(request.body).get("behaviour", ""))
                return reply_json({"behaviours": self._behaviours})
            case "POST", "test", ["disputes"]:
                return await self._dispute(request)
            case "POST", "v1", ["checkout", "sessions"]:
                await self._misbehave()
                return await self._once(request, self._open)
            case "GET", "v1", ["checkout", "sessions", session_id]:
                await self._misbehave()
                session = self._session(session_id)
                return reply_json(session_object(session, self._base_url)) if session else _no_such_session()
            case "POST", "v1", ["checkout", "sessions", session_id, "expire"]:
                return await self._expire(session_id)
            case "POST", "v1", ["refunds"]:
                await self._misbehave()
                return await self._once(request, self._refund)
            case "GET", "v1", ["events"]:
                return self._list_events(read_form(request.query))
        return reply_error(404, "there is nothing at this address")

    async def _once(self, request: Request, act: Handler) -> Reply:
        """Act once for each idempotency key: the same request gets the same answer, another is refused."""
        key = request.header("idempotency-key")
        if not key:
            return await act(request)
        if key in self._acting:
            return reply_error(409, "a request with this idempotency key is under way", "idempotency_error")
        known = self._store.load("key", key)
        if known is not None:
            path, body, answer = msgspec.msgpack.decode(known, type=tuple[str, bytes, bytes])
            if (path, body) != (request.path, request.body):
                return reply_error(400, "this idempotency key was used for another request", "idempotency_error")
            return Reply(200, answer, "application/json", {"idempotent-replayed": "true"})
        self._acting.add(key)
        try:
            reply = await act(request)
            if reply.status == 200:
                kept = msgspec.msgpack.encode((request.path, request.body, reply.body))
                await self._store.save(("key", key, kept, True))
        finally:
            self._acting.discard(key)
        if "lost_answer" in self._behaviours:
            await asyncio.sleep(LOST_SECONDS)
        return reply

    async def _open(self, request: Request) -> Reply:
        session = read_session(read_form(request.body), "cs_test_" + new_secret(), _unix_seconds())
        await self._save(session)
        return reply_json(session_object(session, self._base_url))

    async def _expire(self, session_id: str) -> Reply:
        session = self._session(session_id)
        if session is None:
            return _no_such_session()
        if session.status != "open":
            return reply_error(400, f"only an open session can be expired; this one is {session.status}")
        session = session.expired()
        await self._save(session)
        return reply_json(session_object(session, self._base_url))

    async def _refund(self, request: Request) -> Reply:
        """Give money back for a shop, or for whoever sits at its dashboard: then it has no key and names no refund."""
        form = read_form(request.body)
        session = self._charged(form)
        if session is None or "refused_refunds" in self._behaviours:
            return reply_error(400, "there is no such payment" if session is None else "this charge cannot be refunded")
        refund = refund_of(session, form, "re_" + new_secret())
        await self._save(session.refunded_by(refund["amount"]))
        await self._tell_of(session, "refund.created", refund)
        if "returned_refunds" in self._behaviours:
            await self._save(session)
            await self._tell_of(session, "refund.failed", returned(refund))
        return reply_json(refund)

    async def _dispute(self, request: Request) -> Reply:
        """Let a bank dispute a charge, or end a dispute."""
        form = read_form(request.body)
        session = self._charged(form)
        if session is None:
            return reply_error(400, "there is no such payment")
        dispute = dispute_of(session, form)
        await self._tell_of(session, DISPUTE_EVENTS[dispute["status"]], dispute)
        return reply_json(dispute)

    def _charged(self, form: dict[str, str]) -> Session | None:
        """Return the paid session that a form names by its payment intent."""
        session_id = self._store.load("intent", form.get("payment_intent", ""))
        session = self._session(session_id.decode()) if session_id else None
        return session if session is not None and session.payment_status == "paid" else None

    async def _tell_of(self, session: Session, kind: str, about: dict[str, Any]) -> None:
        """Tell the shop of what happened to a charge, without waiting for it."""
        event_id = "evt_" + new_id().hex
        body = event_body(event_id, kind, _unix_seconds(), about)
        await self._store.save(("event", event_id, body, False))
        if "no_delivery" not in (session.behaviours or self._behaviours):
            self._delivery.start(event_id, body)

    def _show(self, session: Session, status: int = 200) -> Reply:
        amount = Money(session.amount_total, session.currency.upper())
        body = self._page.render(session=session, amount=amount).encode()
        shop = urlsplit(session.success_url)
        policy = (
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
            f"form-action 'self' {shop.scheme}://{shop.netloc}"
        )
        headers = {"cache-control": "no-store", "content-security-policy": policy, "referrer-policy": "no-referrer"}
        return Reply(status, body, "text/html; charset=utf-8", headers)

    async def _finish(self, session: Session, request: Request) -> Reply:
        """Let the shopper's choice take effect, tell the shop, and send the shopper back."""
        outcome = read_form(request.body).get("outcome", "")
        if outcome not in EVENTS:
            raise Invalid("outcome must be one of " + ", ".join(EVENTS))
        if session.may(outcome):
            if outcome == "slow":
                await asyncio.sleep(SLOW_SECONDS)
            session = await self._conclude(session, outcome)
        if outcome == "fail":
            return self._show(session, 504)
        back = session.success_url if session.payment_status == "paid" else session.cancel_url
        return Reply(303, b"", "text/plain", {"location": back, "cache-control": "no-store"})

    async def _conclude(self, session: Session, outcome: str) -> Session:
        session = self._session(session.id) or session
        if not session.may(outcome):
            return session
        intent, event_id = "pi_" + new_secret(), "evt_" + new_id().hex
        session = session.after(outcome, intent)
        shown = session.short_by(1) if "wrong_amount" in (session.behaviours or self._behaviours) else session
        body = event_body(event_id, EVENTS[outcome], _unix_seconds(), session_object(shown, self._base_url))
        await self._store.save(
            ("session", session.id, msgspec.msgpack.encode(session), True),
            ("intent", intent, session.id.encode(), True),
            ("event", event_id, body, False),
        )
        await self._tell(session, event_id, body, FAILED_DELIVERY_SECONDS if outcome == "fail" else 0.0)
        return session

    async def _tell(self, session: Session, event_id: str, body: bytes, delay_seconds: float) -> None:
        """Deliver before the shopper is back, if the shop answers in time; else afterwards."""
        behaviours = session.behaviours or self._behaviours
        if "no_delivery" in behaviours:
            return
        if "late_delivery" in behaviours or delay_seconds:
            self._delivery.start(event_id, body, delay_seconds or 2.0)
            return
        tasks = [self._delivery.start(event_id, body)]
        if "double_delivery" in behaviours:
            tasks.append(self._delivery.start(event_id, body))
        await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)

    async def _misbehave(self) -> None:
        if "slow_api" in self._behaviours:
            await asyncio.sleep(SLOW_SECONDS)
        if "failing_api" in self._behaviours:
            raise Invalid("failing on request", 500)
        if "busy_api" in self._behaviours:
            raise Invalid("too many requests", 429)

    def _list_events(self, wish: dict[str, str]) -> Reply:
        """List events, newest first, a page at a time."""
        since, until, most = read_window(wish)
        before = wish.get("starting_after", event_id_at(until))
        found = self._store.newest_events(before, most + 1)
        bodies = [body for body in found if msgspec.json.decode(body, type=EventHead).created >= since]
        page = [msgspec.Raw(body) for body in bodies[:most]]
        return reply_json({"object": "list", "url": "/v1/events", "has_more": len(bodies) > most, "data": page})

    def _session(self, session_id: str) -> Session | None:
        body = self._store.load("session", session_id)
        return msgspec.msgpack.decode(body, type=Session) if body is not None else None

    async def _save(self, session: Session) -> None:
        await self._store.save(("session", session.id, msgspec.msgpack.encode(session), True))


def _no_such_session() -> Reply:
    return reply_error(404, "there is no such session")


def _unix_seconds() -> int:
    return int(SystemClock().now().timestamp())
