"""Speaks to a hosted checkout in Stripe's words: the shopper pays on the provider's page, an event tells us.

Promises: every call has a time-out, at most `AT_ONCE_MAX` run at once, and one that failed is tried once more with the
same idempotency key; a signature is checked in constant time over the raw bytes.
Never: sees a card, a lock or a connection to PostgreSQL.

Sources: Stripe's public API reference (Checkout Sessions, Refunds, idempotent requests, webhook signatures).
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import aiohttp
import msgspec

from doorbuster import metrics
from doorbuster.errors import GatewayFault
from doorbuster.money import Money
from doorbuster.settings import Settings
from doorbuster.shop.payments import Event, EventKind, Ignored, Payment, Redirect, Refunded, Refused, StillOpen

AT_ONCE_MAX = 64
ATTEMPT_SECONDS = 8.0
RETRY_PAUSE_SECONDS = 0.25
TURN_SECONDS = 10.0
TOLERANCE_SECONDS = 300
KIND_OF_EVENT: dict[str, EventKind] = {
    "checkout.session.completed": "captured",
    "checkout.session.async_payment_succeeded": "captured",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
SECONDS = metrics.histogram("doorbuster_gateway_duration_seconds", "Time of calls to the payment gateway.", ("call",))
FAULTS = metrics.counter(
    "doorbuster_gateway_faults_total", "Calls to the payment gateway without an answer.", ("call",)
)


class SessionObject(msgspec.Struct, frozen=True):
    """The part of a checkout session that we read."""

    id: str
    amount_total: int
    currency: str
    status: str
    payment_status: str
    client_reference_id: str | None = None
    payment_intent: str | None = None
    url: str | None = None


class _EventData(msgspec.Struct, frozen=True):
    object: SessionObject


class _EventObject(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: _EventData


class _EventHead(msgspec.Struct, frozen=True):
    type: str


class HostedCheckout:
    """The gateway behind one base address and one API key."""

    name = "hosted"

    def __init__(self, client: aiohttp.ClientSession, settings: Settings) -> None:
        """Use `open_hosted_checkout()`, which also closes the client."""
        self._client, self._base_url, self._shop_url = client, settings.gateway_url, settings.shop_url
        self._headers = {"Authorization": f"Bearer {settings.gateway_key}"}
        self._callback_secret = settings.gateway_callback_secret.encode()
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def open_checkout(self, payment: Payment) -> Redirect:
        """Open the hosted page; the payment's id makes a repeated call find the same page."""
        session = await self._session(payment)
        if session.url is None:
            raise GatewayFault("the payment page is closed")
        return Redirect(session.url)

    def verify_callback(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Event | Ignored | Refused:
        """Check a callback's signature and age, and read it."""
        if not self._is_signed(headers.get("stripe-signature", ""), body, int(now.timestamp())):
            return Refused("the signature does not match, or is too old")
        try:
            about = msgspec.json.decode(body, type=_EventHead).type
            kind = KIND_OF_EVENT.get(about)
            if kind is None:
                return Ignored(about)
            event = msgspec.json.decode(body, type=_EventObject)
        except msgspec.MsgspecError as mistake:
            return Refused(f"the event cannot be read: {mistake}")
        if kind == "captured" and event.data.object.payment_status != "paid":
            return Ignored("completed, not paid yet")
        return self._event(event.id, kind, event.data.object) or Refused("the event names no payment of ours")

    async def ask(self, payment: Payment) -> Event | StillOpen:
        """Find the payment's session and say what became of it."""
        return self._outcome(await self._current(payment))

    async def close_checkout(self, payment: Payment) -> Event:
        """Close the hosted page; when it was paid in the meantime, the event says so."""
        session = await self._current(payment)
        if session.status == "open":
            closed = await self._call("close_checkout", "POST", f"/v1/checkout/sessions/{session.id}/expire", {})
            session = closed if isinstance(closed, SessionObject) else await self._current(payment)
        outcome = self._outcome(session)
        if isinstance(outcome, StillOpen):
            raise GatewayFault("the payment page did not close")
        return outcome

    async def refund(self, payment: Payment, amount: Money, key: str) -> Refunded:
        """Give money back, once for each `key`."""
        form = {"payment_intent": payment.gateway_ref or "", "amount": str(amount.amount)}
        answer = await self._request("refund", "POST", "/v1/refunds", form, key)
        reference = answer.get("id")
        if not isinstance(reference, str):
            raise GatewayFault(f"the gateway refused the refund: {_message(answer)}")
        return Refunded(reference)

    async def _session(self, payment: Payment) -> SessionObject:
        return_url = f"{self._shop_url}/orders/{payment.order_id}?secret={payment.order_secret}"
        form = {
            "mode": "payment",
            "client_reference_id": str(payment.id),
            "customer_email": payment.email,
            "success_url": return_url,
            "cancel_url": return_url,
            "line_items[0][quantity]": "1",
            "line_items[0][price_data][currency]": payment.amount.currency.lower(),
            "line_items[0][price_data][unit_amount]": str(payment.amount.amount),
            "line_items[0][price_data][product_data][name]": f"Order {payment.order_number}",
        }
        session = await self._call("open_checkout", "POST", "/v1/checkout/sessions", form, str(payment.id))
        if session is None:
            raise GatewayFault("the gateway refused the payment")
        return session

    async def _current(self, payment: Payment) -> SessionObject:
        """Return the session as it is now: opening it again by its key names it."""
        opened = await self._session(payment)
        session = await self._call("ask", "GET", f"/v1/checkout/sessions/{opened.id}")
        if session is None:
            raise GatewayFault("the gateway does not know its own session")
        return session

    def _outcome(self, session: SessionObject) -> Event | StillOpen:
        if session.payment_status == "paid":
            kind: EventKind = "captured"
        elif session.status == "open":
            return StillOpen()
        else:
            kind = "expired" if session.status == "expired" else "failed"
        event = self._event(f"asked:{session.id}:{kind}", kind, session)
        if event is None:
            raise GatewayFault("the session names no payment of ours")
        return event

    def _event(self, event_id: str, kind: EventKind, session: SessionObject) -> Event | None:
        try:
            payment_id = UUID(session.client_reference_id or "")
        except ValueError:
            return None
        return Event(
            id=event_id,
            gateway=self.name,
            kind=kind,
            payment_id=payment_id,
            amount=Money(session.amount_total, session.currency.upper()),
            gateway_ref=session.payment_intent if kind == "captured" else None,
            failure="the card was declined" if kind == "failed" else None,
        )

    def _is_signed(self, header: str, body: bytes, now: int) -> bool:
        parts = [part.partition("=") for part in header.split(",")]
        stamp = next((value for name, _, value in parts if name.strip() == "t"), "")
        if not (stamp.isascii() and stamp.isdecimal()) or abs(now - int(stamp)) > TOLERANCE_SECONDS:
            return False
        expected = hmac.new(self._callback_secret, stamp.encode() + b"." + body, sha256).hexdigest().encode()
        given = [value.encode() for name, _, value in parts if name.strip() == "v1"]
        return any(hmac.compare_digest(expected, each) for each in given)

    async def _call(
        self, call: str, method: str, path: str, form: Mapping[str, str] | None = None, key: str | None = None
    ) -> SessionObject | None:
        """Return the session that the gateway answers with, or None when it refused."""
        answer = await self._request(call, method, path, form, key)
        if "error" in answer:
            return None
        try:
            return msgspec.convert(answer, SessionObject)
        except msgspec.ValidationError as mistake:
            raise GatewayFault(f"the gateway's answer cannot be read: {mistake}") from mistake

    async def _request(
        self, call: str, method: str, path: str, form: Mapping[str, str] | None, key: str | None
    ) -> dict[str, Any]:
        """Ask, and ask once more when no usable answer came; the key makes that safe."""
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as fault:
            raise GatewayFault("too many are waiting for the payment gateway") from fault
        try:
            try:
                return await self._attempt(method, path, form, key)
            except GatewayFault:
                await asyncio.sleep(RETRY_PAUSE_SECONDS)
                return await self._attempt(method, path, form, key)
        except GatewayFault:
            FAULTS.add(call)
            raise
        finally:
            self._turns.release()
            SECONDS.observe(asyncio.get_running_loop().time() - started, call)

    async def _attempt(self, method: str, path: str, form: Mapping[str, str] | None, key: str | None) -> dict[str, Any]:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        try:
            async with (
                asyncio.timeout(ATTEMPT_SECONDS),
                self._client.request(method, self._base_url + path, data=form, headers=headers) as reply,
            ):
                body = await reply.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise GatewayFault(f"the payment gateway did not answer: {type(fault).__name__}") from fault
        if reply.status >= 500 or reply.status in (401, 409, 429):
            raise GatewayFault(f"the payment gateway answered {reply.status}")
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError as mistake:
            raise GatewayFault("the payment gateway's answer is no JSON") from mistake


def _message(answer: dict[str, Any]) -> str:
    error = answer.get("error")
    return str(error.get("message")) if isinstance(error, dict) else "no reason given"


@asynccontextmanager
async def open_hosted_checkout(settings: Settings) -> AsyncIterator[HostedCheckout]:
    """Open the way to the gateway for the block; nothing is sent until it is used."""
    connector = aiohttp.TCPConnector(limit=AT_ONCE_MAX, keepalive_timeout=15.0)
    async with aiohttp.ClientSession(connector=connector) as client:
        yield HostedCheckout(client, settings)
