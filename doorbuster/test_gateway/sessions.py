"""A checkout session and what becomes of it: pure decisions, no clock, no network."""

from typing import Literal

import msgspec

EVENTS = {
    "approve": "checkout.session.completed",
    "slow": "checkout.session.completed",
    "fail": "checkout.session.completed",
    "decline": "checkout.session.async_payment_failed",
    "cancel": "checkout.session.expired",
    "transfer": "checkout.session.completed",
    "arrive": "checkout.session.async_payment_succeeded",
}
"""What a shopper may choose on the page, and the event that tells the shop."""

BEHAVIOURS = {
    "slow_api": "answers its API only after 5 s",
    "failing_api": "answers its API with 500",
    "busy_api": "answers its API with 429",
    "lost_answer": "does what it is asked, then never answers",
    "double_delivery": "tells the shop twice",
    "late_delivery": "tells the shop only after the shopper is back",
    "no_delivery": "never tells the shop",
    "refused_refunds": "refuses to give money back",
    "returned_refunds": "gives money back, then tells that the bank returned it",
    "wrong_amount": "tells the shop of one minor unit less than was charged",
}
"""Ways to misbehave, and what each does."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One hosted page: amounts in minor units, times in seconds since 1970.

    A declined card leaves it open, so that the shopper may try another one.
    """

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
    declines: int = 0
    refunded: int = 0
    behaviours: tuple[str, ...] = ()

    def may(self, outcome: str) -> bool:
        """Say whether the choice is still to be made: money arrives only after a transfer, all else before its end."""
        on_its_way = self.status == "complete" and self.payment_status == "unpaid"
        return on_its_way if outcome == "arrive" else self.status == "open"

    def after(self, outcome: str, payment_intent: str) -> "Session":
        """Return the session after the shopper's choice."""
        if outcome == "decline":
            return msgspec.structs.replace(self, declines=self.declines + 1)
        if outcome == "transfer":
            return msgspec.structs.replace(self, status="complete")
        return self.expired() if outcome == "cancel" else self.paid(payment_intent)

    def paid(self, payment_intent: str) -> "Session":
        """Return the session after its card was charged."""
        return msgspec.structs.replace(self, status="complete", payment_status="paid", payment_intent=payment_intent)

    def expired(self) -> "Session":
        """Return the session after it was left or closed."""
        return msgspec.structs.replace(self, status="expired")

    def refunded_by(self, amount: int) -> "Session":
        """Return the session after `amount` more went back."""
        return msgspec.structs.replace(self, refunded=self.refunded + amount)

    def short_by(self, amount: int) -> "Session":
        """Return the session as a gateway that miscounts would tell of it."""
        return msgspec.structs.replace(self, amount_total=self.amount_total - amount)
