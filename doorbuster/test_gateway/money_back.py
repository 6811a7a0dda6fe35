"""Refunds and disputes as the API shows them: pure, after Stripe's public API reference."""

from typing import Any

from doorbuster.test_gateway.sessions import Session
from doorbuster.test_gateway.wire import Invalid

DISPUTE_EVENTS = {
    "needs_response": "charge.dispute.created",
    "lost": "charge.dispute.closed",
    "won": "charge.dispute.closed",
}
"""What may become of a dispute, and the event that tells of it."""


def refund_of(session: Session, form: dict[str, str], refund_id: str) -> dict[str, Any]:
    """Return the refund that a form asks for, of all that is left when it names no amount, or raise Invalid."""
    left = session.amount_total - session.refunded
    amount = form.get("amount", str(left))
    if not amount.isdecimal() or not 0 < int(amount) <= left:
        raise Invalid("that is more than was charged")
    return {
        "id": refund_id,
        "object": "refund",
        "status": "succeeded",
        "amount": int(amount),
        "currency": session.currency,
        "payment_intent": session.payment_intent,
        "metadata": {"refund_id": form["metadata[refund_id]"]} if "metadata[refund_id]" in form else {},
    }


def returned(refund: dict[str, Any]) -> dict[str, Any]:
    """Return the refund after the shopper's bank sent it back."""
    return refund | {"status": "failed", "failure_reason": "expired_or_canceled_card"}


def dispute_of(session: Session, form: dict[str, str]) -> dict[str, Any]:
    """Return the dispute over a session's charge in the state that a form names, or raise Invalid."""
    status = form.get("status", "needs_response")
    if status not in DISPUTE_EVENTS:
        raise Invalid("status must be one of " + ", ".join(DISPUTE_EVENTS))
    return {
        "id": f"du_{session.payment_intent}",
        "object": "dispute",
        "status": status,
        "reason": form.get("reason", "fraudulent"),
        "amount": session.amount_total,
        "currency": session.currency,
        "payment_intent": session.payment_intent,
    }
