"""The bytes on the wire, after Stripe's public API reference: forms in, JSON out, events signed with HMAC-SHA256."""

import hmac
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from doorbuster.test_gateway.sessions import BEHAVIOURS, Session

EVENTS_MAX = 100


class Invalid(Exception):
    """A request that is refused with an HTTP status; the message says why."""

    def __init__(self, why: str, status: int = 400) -> None:
        """Refuse."""
        super().__init__(why)
        self.status = status


class EventHead(msgspec.Struct, frozen=True):
    """When an event happened, in seconds since 1970."""

    created: int


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form-encoded body; nested names keep their brackets."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except ValueError as mistake:
        raise Invalid("the body is not a form") from mistake


def read_session(form: dict[str, str], session_id: str, created: int) -> Session:
    """Build the session that a form asks for, or raise Invalid."""
    amount = form.get("line_items[0][price_data][unit_amount]", "")
    currency = form.get("line_items[0][price_data][currency]", "").lower()
    if form.get("mode") != "payment":
        raise Invalid("mode must be payment")
    if not amount.isdecimal() or not 0 < int(amount) < 10**12:
        raise Invalid("line_items[0][price_data][unit_amount] must be a positive whole number of minor units")
    if len(currency) != 3:
        raise Invalid("line_items[0][price_data][currency] must be a three-letter code")
    if not form.get("success_url", "").startswith(("http://", "https://")):
        raise Invalid("success_url must be an address")
    return Session(
        id=session_id,
        created=created,
        amount_total=int(amount),
        currency=currency,
        client_reference_id=form.get("client_reference_id", ""),
        customer_email=form.get("customer_email", ""),
        description=form.get("line_items[0][price_data][product_data][name]", "Order"),
        success_url=form["success_url"],
        cancel_url=form.get("cancel_url", form["success_url"]),
        behaviours=read_behaviours(form.get("metadata[behaviour]", "")),
    )


def read_behaviours(text: str) -> tuple[str, ...]:
    """Return the known ones among comma-separated ways to misbehave."""
    return tuple(word for word in text.split(",") if word in BEHAVIOURS)


def read_window(form: dict[str, str]) -> tuple[int, int, int]:
    """Return from when, until when (seconds since 1970) and how many events are wanted."""
    since, until, most = form.get("created[gte]", "0"), form.get("created[lt]", str(2**32)), form.get("limit", "10")
    if not (since.isdecimal() and until.isdecimal() and most.isdecimal() and 1 <= int(most) <= EVENTS_MAX):
        raise Invalid(f"created[gte] and created[lt] must be times, and limit a number from 1 to {EVENTS_MAX}")
    return int(since), int(until), int(most)


def event_id_at(seconds: int) -> str:
    """Return what stands before every event that happened at `seconds` or later: their ids begin with their time."""
    return f"evt_{seconds * 1000:012x}"


def session_object(session: Session, base_url: str) -> dict[str, Any]:
    """Return a session as the API shows it."""
    return {
        "id": session.id,
        "object": "checkout.session",
        "created": session.created,
        "amount_total": session.amount_total,
        "currency": session.currency,
        "client_reference_id": session.client_reference_id,
        "customer_email": session.customer_email,
        "mode": "payment",
        "status": session.status,
        "payment_status": session.payment_status,
        "payment_intent": session.payment_intent,
        "success_url": session.success_url,
        "cancel_url": session.cancel_url,
        "livemode": False,
        "url": f"{base_url}/pay/{session.id}" if session.status == "open" else None,
    }


def event_body(event_id: str, kind: str, created: int, about: dict[str, Any]) -> bytes:
    """Return the bytes of the event that tells what became of an object of the API."""
    return msgspec.json.encode(
        {
            "id": event_id,
            "object": "event",
            "created": created,
            "type": kind,
            "livemode": False,
            "data": {"object": about},
        }
    )


def signature(body: bytes, secret: str, now: int) -> str:
    """Return the signature header: the time, and the HMAC of time and body."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + body, sha256).hexdigest()
    return f"t={now},v1={digest}"
