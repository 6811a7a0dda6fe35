"""Speaks to a hosted checkout through Stripe's own SDK: the shopper pays on the provider's page, an event tells us.

Promises: every call has a time-out, at most `AT_ONCE_MAX` run at once, and one that failed is tried once more with the
same idempotency key while the budget of retries lasts; a gateway that fails is left in peace; a signature is checked in
constant time over the raw bytes.
Never: sees a card, a lock or a connection to PostgreSQL.

The same adapter serves Stripe and the test gateway, which speaks Stripe's wire protocol: what the tests prove is what
runs. Sources: Stripe's public API reference (Checkout Sessions, Refunds, Events, idempotent requests, webhooks).
"""

import asyncio
import hmac
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
import msgspec
import stripe

from doorbuster import metrics
from doorbuster.clock import SystemClock
from doorbuster.downstream import Downstream, Fault, outgoing
from doorbuster.errors import GatewayFault
from doorbuster.money import Money
from doorbuster.settings import Settings
from doorbuster.shop.gateway_objects import (
    EVENTS,
    EventObject,
    SessionObject,
    event_of_session,
    read_event,
    read_session,
    session_paid,
)
from doorbuster.shop.payments import (
    Event,
    EventKind,
    Ignored,
    News,
    Occurred,
    Payment,
    Redirect,
    Refunded,
    Refused,
    StillOpen,
)

API_VERSION = "2025-03-31.basil"
"""The version of Stripe's API that the fields read here are of; an account's own default never changes them."""
AT_ONCE_MAX = 64
ATTEMPT_SECONDS = 8.0
TURN_SECONDS = 10.0
TOLERANCE_SECONDS = 300
EVENTS_PAGE = 100
SECONDS = metrics.histogram("doorbuster_gateway_duration_seconds", "Time of calls to the payment gateway.", ("call",))
FAULTS = metrics.counter(
    "doorbuster_gateway_faults_total", "Calls to the payment gateway without an answer.", ("call",)
)
Answer = TypeVar("Answer", bound=stripe.StripeObject)


class HostedCheckout:
    """The gateway behind one base address and one API key."""

    name = "hosted"

    def __init__(self, client: stripe.StripeClient, settings: Settings, downstream: Downstream) -> None:
        """Use `open_hosted_checkout()`, which also closes the client's connections."""
        self._client, self._shop_url, self._downstream = client, settings.shop_url, downstream
        self._callback_secrets = [secret.encode() for secret in settings.gateway_callback_secrets]
        self._turns = asyncio.Semaphore(AT_ONCE_MAX)

    async def open_checkout(self, payment: Payment) -> Redirect:
        """Open the hosted page; the payment's id makes a repeated call find the same page."""
        session = await self._session(payment)
        if session.url is None:
            raise GatewayFault("the payment page is closed")
        return Redirect(session.url)

    def verify_callback(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Event | News | Ignored | Refused:
        """Check a callback's signature and age, and read it."""
        if not self._is_signed(headers.get("stripe-signature", ""), body, int(now.timestamp())):
            return Refused("the signature does not match, or is too old")
        try:
            return read_event(msgspec.json.decode(body, type=EventObject), self.name)
        except msgspec.MsgspecError as mistake:
            return Refused(f"the event cannot be read: {mistake}")

    async def ask(self, payment: Payment) -> Event | StillOpen:
        """Find the payment's session and say what became of it."""
        return self._outcome(await self._current(payment))

    async def close_checkout(self, payment: Payment) -> Event:
        """Close the hosted page; when it was paid in the meantime, the event says so."""
        session = await self._current(payment)
        if session.status == "open":
            try:
                closed = await self._call(
                    "close_checkout", lambda: self._client.v1.checkout.sessions.expire_async(session.id)
                )
                session = read_session(closed)
            except _Declined:
                session = await self._current(payment)
        outcome = self._outcome(session)
        if isinstance(outcome, StillOpen):
            raise GatewayFault("the payment page did not close")
        return outcome

    async def refund(self, payment: Payment, amount: Money, refund_id: UUID, attempt: int = 0) -> Refunded | Refused:
        """Give money back, once for each refund and attempt."""
        key = f"{refund_id}.{attempt}" if attempt else str(refund_id)
        try:
            refund = await self._call(
                "refund",
                lambda: self._client.v1.refunds.create_async(
                    {
                        "payment_intent": payment.gateway_ref or "",
                        "amount": amount.amount,
                        "metadata": {"refund_id": str(refund_id)},
                    },
                    {"idempotency_key": key},
                ),
            )
        except _Declined as why:
            return Refused(str(why))
        return Refunded(refund.id)

    async def occurred(self, since: datetime, until: datetime, after: str | None = None) -> Occurred:
        """Return one page of the events of a time, newest first; `next` leads to the page before it."""
        wish: dict[str, Any] = {
            "types": list(EVENTS),
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "limit": EVENTS_PAGE,
        }
        if after is not None:
            wish["starting_after"] = after
        try:
            page = await self._call("occurred", lambda: self._client.v1.events.list_async(wish))  # type: ignore[arg-type]
        except _Declined as why:
            raise GatewayFault(f"the gateway does not list its events: {why}") from why
        found = [msgspec.json.decode(msgspec.json.encode(event.to_dict()), type=EventObject) for event in page.data]
        read = [read_event(each, self.name) for each in found]
        paid = [session_paid(each) for each, what in zip(found, read, strict=True) if isinstance(what, Refused)]
        return Occurred(
            events=[each for each in read if isinstance(each, Event)],
            news=[each for each in read if isinstance(each, News)],
            strangers=[session_id for session_id in paid if session_id is not None],
            next=found[-1].id if page.has_more and found else None,
        )

    async def _session(self, payment: Payment) -> SessionObject:
        return_url = f"{self._shop_url}/orders/{payment.order_id}?secret={payment.order_secret}"
        metadata = {"payment_id": str(payment.id), "order_number": str(payment.order_number)}
        wish: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": str(payment.id),
            "customer_email": payment.email,
            "success_url": return_url,
            "cancel_url": return_url,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": payment.amount.currency.lower(),
                        "unit_amount": payment.amount.amount,
                        "product_data": {"name": f"Order {payment.order_number}"},
                    },
                }
            ],
        }
        key: stripe.RequestOptions = {"idempotency_key": str(payment.id)}
        try:
            session = await self._call(
                "open_checkout",
                lambda: self._client.v1.checkout.sessions.create_async(wish, key),  # type: ignore[arg-type]
            )
        except _Declined as why:
            raise GatewayFault(f"the gateway refused the payment: {why}") from why
        return read_session(session)

    async def _current(self, payment: Payment) -> SessionObject:
        """Return the session as it is now: opening it again by its key names it."""
        opened = await self._session(payment)
        try:
            session = await self._call("ask", lambda: self._client.v1.checkout.sessions.retrieve_async(opened.id))
        except _Declined as why:
            raise GatewayFault("the gateway does not know its own session") from why
        return read_session(session)

    def _outcome(self, session: SessionObject) -> Event | StillOpen:
        kind: EventKind
        if session.payment_status == "paid":
            kind = "captured"
        elif session.status == "expired":
            kind = "expired"
        else:
            return StillOpen()  # also when the shopper is done and the money is still on its way
        event = event_of_session(f"asked:{session.id}:{kind}", kind, session, self.name)
        if event is None:
            raise GatewayFault("the session names no payment of ours")
        return event

    def _is_signed(self, header: str, body: bytes, now: int) -> bool:
        """Check the header against every secret in use: while one is being replaced, both sign."""
        parts = [part.partition("=") for part in header.split(",")]
        stamp = next((value for name, _, value in parts if name.strip() == "t"), "")
        if not (stamp.isascii() and stamp.isdecimal()) or abs(now - int(stamp)) > TOLERANCE_SECONDS:
            return False
        message = stamp.encode() + b"." + body
        expected = [hmac.new(secret, message, sha256).hexdigest().encode() for secret in self._callback_secrets]
        given = [value.encode() for name, _, value in parts if name.strip() == "v1"]
        return any(hmac.compare_digest(right, each) for right in expected for each in given)

    async def _call(self, call: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask when it is our turn. Raises _Declined when the gateway understood and refused, else GatewayFault.

        Raises Throttled when the gateway is being left in peace; then it was not asked.
        """
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as fault:
            raise GatewayFault("too many are waiting for the payment gateway") from fault
        try:
            return await self._downstream.call(ask, _judge)
        except stripe.StripeError as fault:
            if fault.http_status in (400, 402, 404):
                raise _Declined(fault.user_message or "no reason given") from fault
            FAULTS.add(call)
            raise GatewayFault(f"the payment gateway answered {fault.http_status or 'nothing'}") from fault
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            FAULTS.add(call)
            raise GatewayFault(f"the payment gateway did not answer: {type(fault).__name__}") from fault
        finally:
            self._turns.release()
            SECONDS.observe(asyncio.get_running_loop().time() - started, call)


class _Declined(Exception):
    """The gateway understood the request and refused it; nothing happened."""


def _judge(fault: Exception) -> Fault:
    """Say whether a fault is the gateway's, and whether to ask again at once as Stripe's own client does."""
    if not isinstance(fault, stripe.StripeError):
        lost = isinstance(fault, aiohttp.ClientError | TimeoutError | OSError)
        return Fault(unwell=lost, again=lost)
    status, advice = fault.http_status, (fault.headers or {}).get("stripe-should-retry")
    unanswered = status is None or status >= 500
    again = advice == "true" if advice in ("true", "false") else unanswered or status == 409
    return Fault(unwell=unanswered or status == 429, again=again)


@asynccontextmanager
async def open_hosted_checkout(settings: Settings) -> AsyncIterator[HostedCheckout]:
    """Open the way to the gateway for the block; nothing is sent until it is used."""
    connector = aiohttp.TCPConnector(limit=AT_ONCE_MAX, keepalive_timeout=15.0)
    async with aiohttp.ClientSession(connector=connector, trace_configs=outgoing()) as session:
        client = stripe.StripeClient(
            settings.gateway_key,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.gateway_url},
            max_network_retries=0,  # retries have a budget: Downstream makes them
            http_client=stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=ATTEMPT_SECONDS), session=session),
        )
        downstream = Downstream("payments", SystemClock(), random.Random())  # noqa: S311
        yield HostedCheckout(client, settings, downstream)
