"""The parts of the gateway's objects that we read: checkout sessions, refunds, disputes, and events that tell of them.

Source: Stripe's public API reference. What is not read here is not decoded, so that a new field breaks nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import stripe

from doorbuster.errors import GatewayFault
from doorbuster.money import Money
from doorbuster.shop.payments import Event, EventKind, Ignored, News, NewsKind, Refused

KIND_OF_EVENT: dict[str, EventKind] = {
    "checkout.session.completed": "captured",
    "checkout.session.async_payment_succeeded": "captured",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
"""The events of checkout sessions that we read."""

REFUND_EVENTS = ("refund.created", "refund.updated", "refund.failed")
DISPUTE_EVENTS = ("charge.dispute.created", "charge.dispute.closed")
EVENTS = (*KIND_OF_EVENT, *REFUND_EVENTS, *DISPUTE_EVENTS)
"""All events that a shop asks its gateway to tell of."""


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


class RefundObject(msgspec.Struct, frozen=True):
    """The part of a refund that we read."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    payment_intent: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None


class DisputeObject(msgspec.Struct, frozen=True):
    """The part of a dispute that we read."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str = "unknown"
    payment_intent: str | None = None


class _EventData(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class EventObject(msgspec.Struct, frozen=True):
    """An event's envelope; `created` is in seconds since 1970, `data.object` is what the event is about."""

    id: str
    type: str
    data: _EventData
    created: int = 0


def read_session(session: stripe.StripeObject) -> SessionObject:
    """Read a session that the gateway answered with; raise GatewayFault when it makes no sense."""
    try:
        return msgspec.convert(session.to_dict(), SessionObject)
    except msgspec.ValidationError as mistake:
        raise GatewayFault(f"the gateway's answer cannot be read: {mistake}") from mistake


def read_event(told: EventObject, gateway: str) -> Event | News | Ignored | Refused:
    """Read what the gateway tells, by callback or in its list of events alike. Raises MsgspecError for nonsense."""
    if told.type in KIND_OF_EVENT:
        return _about_session(told, gateway)
    if told.type in REFUND_EVENTS:
        return _about_refund(told, gateway)
    if told.type in DISPUTE_EVENTS:
        return _about_dispute(told, gateway)
    return Ignored(told.type)


def session_paid(told: EventObject) -> str | None:
    """Return the name of the session that an event says was paid, or None."""
    if KIND_OF_EVENT.get(told.type) != "captured":
        return None
    session = msgspec.json.decode(told.data.object, type=SessionObject)
    return session.id if session.payment_status == "paid" else None


def event_of_session(
    event_id: str, kind: EventKind, session: SessionObject, gateway: str, at: datetime | None = None
) -> Event | None:
    """Return what became of a session's payment, or None when it is no payment of ours."""
    payment_id = _uuid(session.client_reference_id)
    if payment_id is None:
        return None
    return Event(
        id=event_id,
        gateway=gateway,
        kind=kind,
        payment_id=payment_id,
        amount=Money(session.amount_total, session.currency.upper()),
        gateway_ref=session.payment_intent if kind == "captured" else None,
        failure="the card was declined" if kind == "failed" else None,
        at=at,
    )


def _about_session(told: EventObject, gateway: str) -> Event | Ignored | Refused:
    kind, session = KIND_OF_EVENT[told.type], msgspec.json.decode(told.data.object, type=SessionObject)
    if kind == "captured" and session.payment_status != "paid":
        return Ignored("completed, not paid yet")
    event = event_of_session(told.id, kind, session, gateway, datetime.fromtimestamp(told.created, UTC))
    return event or Refused("the event names no payment of ours")


def _about_refund(told: EventObject, gateway: str) -> News | Ignored:
    refund = msgspec.json.decode(told.data.object, type=RefundObject)
    failed = refund.status in ("failed", "canceled") or told.type == "refund.failed"
    if not failed and refund.status != "succeeded":
        return Ignored(f"refund {refund.status}")
    kind: NewsKind = "refund_failed" if failed else "refunded"
    why = (refund.failure_reason or "unknown").replace("_", " ") if failed else None
    news = _news(told, gateway, kind, refund, why)
    return replace(news, refund_id=_uuid((refund.metadata or {}).get("refund_id")))


def _about_dispute(told: EventObject, gateway: str) -> News | Ignored:
    dispute = msgspec.json.decode(told.data.object, type=DisputeObject)
    kind: NewsKind = "disputed"
    if told.type == "charge.dispute.closed":
        if dispute.status not in ("lost", "won", "warning_closed"):
            return Ignored(f"dispute {dispute.status}")
        kind = "dispute_lost" if dispute.status == "lost" else "dispute_won"
    return _news(told, gateway, kind, dispute, dispute.reason.replace("_", " "))


def _news(
    told: EventObject, gateway: str, kind: NewsKind, about: RefundObject | DisputeObject, why: str | None
) -> News:
    return News(
        id=told.id,
        gateway=gateway,
        kind=kind,
        reference=about.id,
        gateway_ref=about.payment_intent or "",
        amount=about.amount,
        currency=about.currency.upper(),
        why=why,
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
