"""The parts of the gateway's objects that we read: checkout sessions, and the events that tell of them."""

import msgspec
import stripe

from doorbuster.errors import GatewayFault
from doorbuster.shop.payments import EventKind

KIND_OF_EVENT: dict[str, EventKind] = {
    "checkout.session.completed": "captured",
    "checkout.session.async_payment_succeeded": "captured",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}


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


class EventObject(msgspec.Struct, frozen=True):
    """The part of an event that we read; `created` is in seconds since 1970."""

    id: str
    type: str
    data: _EventData
    created: int = 0


class EventHead(msgspec.Struct, frozen=True):
    """What an event is about, read before the rest of it."""

    type: str


def read_session(session: stripe.StripeObject) -> SessionObject:
    """Read a session that the gateway answered with; raise GatewayFault when it makes no sense."""
    try:
        return msgspec.convert(session.to_dict(), SessionObject)
    except msgspec.ValidationError as mistake:
        raise GatewayFault(f"the gateway's answer cannot be read: {mistake}") from mistake
