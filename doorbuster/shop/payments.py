"""What the shop asks of a payment provider: the one interface between them.

Promises: no lock and no connection is held while a provider is asked; every call carries the payment's id as its
idempotency key, so that asking twice acts once.
Never: sees a card; the shopper pays on the provider's own page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from doorbuster.database.pool import Row
from doorbuster.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One attempt to pay an order; its id is the idempotency key towards the gateway."""

    id: UUID
    order_id: UUID
    order_number: int
    order_secret: str
    email: str
    amount: Money
    gateway_ref: str | None = None


def payment_from(row: Row) -> Payment:
    """Build a payment out of a row that has its columns, with those of its order as `order_number` and so on."""
    return Payment(
        id=row["id"],
        order_id=row["order_id"],
        order_number=row["order_number"],
        order_secret=row["order_secret"],
        email=row["email"],
        amount=Money(row["amount"], row["currency"]),
        gateway_ref=row["gateway_ref"],
    )


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where the shopper goes to pay."""

    url: str


EventKind = Literal["captured", "failed", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What the gateway says became of a payment; `id` is the gateway's own, the same for every delivery."""

    id: str
    gateway: str
    kind: EventKind
    payment_id: UUID
    amount: Money
    gateway_ref: str | None = None
    failure: str | None = None
    at: datetime | None = None
    """When it happened, by the gateway's clock; None in an answer to a question."""


NewsKind = Literal["refunded", "refund_failed", "disputed", "dispute_lost", "dispute_won"]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What the gateway, or a bank behind it, did to money that was charged: gave it back, failed to, or disputes it."""

    id: str
    gateway: str
    kind: NewsKind
    reference: str
    """The gateway's name of the refund or the dispute."""
    gateway_ref: str
    """The gateway's name of the charge, as its payment keeps it."""
    amount: int
    """In minor units of `currency`."""
    currency: str
    refund_id: UUID | None = None
    """Our refund that asked for it; None for one that was made at the gateway's dashboard."""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Occurred:
    """One page of what happened at the gateway, newest first; `next` asks for the page before it, None ends."""

    events: Sequence[Event]
    news: Sequence[News]
    strangers: Sequence[str]
    """The gateway's names of sessions that were paid and name no payment of ours."""
    next: str | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A genuine message about something that does not concern us."""

    kind: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A no with its reason: to a message that is not the gateway's or makes no sense, or by the gateway to a refund."""

    why: str


@dataclass(frozen=True, slots=True)
class StillOpen:
    """The shopper has neither paid nor failed to; the gateway still takes the money."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """The gateway took the refund over; `reference` is its own name for it."""

    reference: str


class Gateway(Protocol):
    """A payment provider. Every method may raise GatewayFault: then the outcome is unknown until it is asked again.

    Or Throttled, while the provider fails and is left in peace: then it was not asked.
    """

    name: str

    async def open_checkout(self, payment: Payment) -> Redirect:
        """Open (or find again) the hosted page for a payment."""
        ...

    def verify_callback(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Event | News | Ignored | Refused:
        """Check a callback's signature over its raw bytes, in constant time, and read it."""
        ...

    async def ask(self, payment: Payment) -> Event | StillOpen:
        """Say what became of a payment, for when no callback came."""
        ...

    async def close_checkout(self, payment: Payment) -> Event:
        """Take no more money for a payment; if it was paid already, the event says so."""
        ...

    async def refund(self, payment: Payment, amount: Money, refund_id: UUID, attempt: int = 0) -> Refunded | Refused:
        """Give money back, once for each refund and attempt; another attempt follows only a refusal."""
        ...

    async def occurred(self, since: datetime, until: datetime, after: str | None = None) -> Occurred:
        """List what happened to payments from `since` on, before `until`, a page at a time."""
        ...
