"""What happens to an order after it was placed: cancelled, refunded, fulfilled.

Promises: units and money go back together with the order's change, each once; the refund itself is a job, so that no
gateway is waited for here.
Never: gives back more than was captured.
"""

from dataclasses import dataclass
from uuid import UUID

from doorbuster.clock import new_id
from doorbuster.database.pool import Runner
from doorbuster.database.queries import QueryFile

SQL = QueryFile("doorbuster.shop", "returning.sql")


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order is cancelled; `refunding` says that money is on its way back."""

    refunding: bool


@dataclass(frozen=True, slots=True)
class NotPossible:
    """The order is in a state (or is unknown) that does not allow it."""

    state: str


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """The money will be given back; `remaining` minor units could still be."""

    refund_id: UUID
    remaining: int


@dataclass(frozen=True, slots=True)
class TooMuch:
    """More than the captured rest; `remaining` minor units are the most."""

    remaining: int


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """The order is on its way."""


async def cancel_order(database: Runner, order_id: UUID, reason: str) -> Cancelled | NotPossible:
    """Cancel an order that was not sent yet; what was paid is refunded, its units are for sale again."""
    row = await database.fetch_one(SQL.cancel_order, order_id=order_id, refund_id=new_id(), reason=reason)
    answer: str = row["answer"] if row else "unknown"
    if answer in ("cancelled", "refunding"):
        return Cancelled(refunding=answer == "refunding")
    return NotPossible(answer.removeprefix("is_"))


async def ask_refund(
    database: Runner, order_id: UUID, amount: int | None, reason: str, restock: bool
) -> RefundAsked | TooMuch | NotPossible:
    """Ask for `amount` minor units back, or for all that is left when None; `restock` puts the units up for sale."""
    refund_id = new_id()
    row = await database.fetch_one(
        SQL.ask_refund, refund_id=refund_id, order_id=order_id, amount=amount, reason=reason, restock=restock
    )
    if row is None or row["answer"] == "nothing_captured":
        return NotPossible("nothing_captured")
    if row["answer"] == "too_much":
        return TooMuch(row["remaining"])
    return RefundAsked(refund_id, row["remaining"])


async def fulfil_order(database: Runner, order_id: UUID, tracking: str | None) -> Fulfilled | NotPossible:
    """Mark a paid order as sent, with the carrier's tracking number if there is one."""
    row = await database.fetch_one(SQL.fulfil_order, order_id=order_id, tracking=tracking)
    answer: str = row["answer"] if row else "unknown"
    return Fulfilled() if answer == "fulfilled" else NotPossible(answer.removeprefix("is_"))


async def complete_refund(database: Runner, refund_id: UUID, reference: str) -> bool:
    """Write down that the gateway gave a refund's money back; False when that was known already."""
    row = await database.fetch_one(SQL.complete_refund, refund_id=refund_id, reference=reference)
    return bool(row and row["done"])


async def fail_refund(database: Runner, refund_id: UUID, failure: str) -> bool:
    """Write down that the gateway refused a refund, and why; False when it is not due any more."""
    return await database.execute(SQL.fail_refund, refund_id=refund_id, failure=failure[:500]) == 1


async def retry_refund(database: Runner, order_id: UUID, refund_id: UUID) -> bool:
    """Have a refund that the gateway refused tried again; False when it is not a failed one of this order."""
    row = await database.fetch_one(SQL.retry_refund, order_id=order_id, refund_id=refund_id)
    return row is not None
