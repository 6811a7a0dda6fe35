"""A checkout session and what becomes of it: pure decisions, no clock, no network."""

from typing import Literal

import msgspec

Outcome = Literal["approve", "decline", "cancel", "slow", "fail"]
OUTCOMES: tuple[Outcome, ...] = ("approve", "decline", "cancel", "slow", "fail")
BEHAVIOURS = ("slow_api", "double_delivery", "late_delivery", "no_delivery", "failing_api")
"""Ways to misbehave: answer slowly, tell twice, tell only after the shopper is back, never tell, answer with errors."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One hosted page: amounts in minor units, times in seconds since 1970."""

    id: str
    created: int
    amount_total: int
    currency: str
    client_reference_id: str
    customer_email: str
    description: str
    success_url: str
    cancel_url: str
    status: Literal["open", "complete", "expired"] = "open"
    payment_status: Literal["unpaid", "paid"] = "unpaid"
    payment_intent: str | None = None
    refunded: int = 0
    behaviours: tuple[str, ...] = ()

    def paid(self, payment_intent: str) -> "Session":
        """Return the session after its card was charged."""
        return msgspec.structs.replace(self, status="complete", payment_status="paid", payment_intent=payment_intent)

    def declined(self) -> "Session":
        """Return the session after its card was declined."""
        return msgspec.structs.replace(self, status="complete")

    def expired(self) -> "Session":
        """Return the session after it was left or closed."""
        return msgspec.structs.replace(self, status="expired")

    def refunded_by(self, amount: int) -> "Session":
        """Return the session after `amount` more went back."""
        return msgspec.structs.replace(self, refunded=self.refunded + amount)


def event_type(session: Session) -> str:
    """Return the name of the event that tells what became of a session."""
    if session.payment_status == "paid":
        return "checkout.session.completed"
    return "checkout.session.expired" if session.status == "expired" else "checkout.session.async_payment_failed"
