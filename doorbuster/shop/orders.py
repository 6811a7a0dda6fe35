"""Orders: what was bought, by whom, for how much, frozen when it was placed.

Promises: no order is visible without its secret or its owner's identity; lists are cut into pages by id.
Never: changes an order; placing, settling and returning have files of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from doorbuster.database.pool import Row, Runner
from doorbuster.database.queries import QueryFile
from doorbuster.money import Money
from doorbuster.shop.addresses import Address

SQL = QueryFile("doorbuster.shop", "orders.sql")

OrderState = Literal["awaiting_payment", "paid", "fulfilled", "cancelled", "refunded"]
PaymentState = Literal["pending", "captured", "failed", "cancelled", "refund_due", "refunded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of an order; `unit_price` includes the tax of which `tax` is the line's part."""

    sku: str
    title: str
    quantity: int
    unit_price: Money
    tax: Money
    tax_points: int

    @property
    def total(self) -> Money:
        """Return the line's price, tax included."""
        return self.unit_price.times(self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """The newest attempt to pay an order."""

    id: UUID
    gateway: str
    state: PaymentState
    refunded: Money
    failure: str | None
    gateway_ref: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order with its lines and its newest payment attempt (None for an imported order)."""

    id: UUID
    number: int
    secret: str
    customer_key: str
    email: str
    state: OrderState
    sale_id: UUID | None
    items: Money
    shipping: Money
    tax: Money
    total: Money
    shipping_method: str
    address: Address
    placed_at: datetime
    paid_at: datetime | None
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    tracking: str | None
    lines: tuple[OrderLine, ...]
    payment: Attempt | None
    pay_until: datetime | None
    """Until when the units are kept for an unpaid order; None when nothing is kept any more."""


async def order_of_shopper(
    database: Runner, order_id: UUID, secret: str | None, customer_key: str | None
) -> Order | None:
    """Return an order to whoever shows its secret or is its owner; None for everybody else."""
    return _order(
        await database.fetch_one(
            SQL.order_of_shopper, order_id=order_id, secret=secret, customer_key=customer_key, trusted=False
        )
    )


async def order_by_id(database: Runner, order_id: UUID) -> Order | None:
    """Return an order to the shop itself: its jobs and its merchants."""
    return _order(
        await database.fetch_one(SQL.order_of_shopper, order_id=order_id, secret=None, customer_key=None, trusted=True)
    )


async def order_of_hold(database: Runner, hold_id: UUID, customer_key: str) -> UUID | None:
    """Return the id of the order that a shopper's hold went into, or None."""
    row = await database.fetch_one(SQL.order_of_hold, hold_id=hold_id, customer_key=customer_key)
    return row["order_id"] if row else None


async def order_of_key(database: Runner, customer_key: str, idempotency_key: str) -> UUID | None:
    """Return the id of the order that a shopper's idempotency key made, or None."""
    row = await database.fetch_one(SQL.order_of_key, customer_key=customer_key, idempotency_key=idempotency_key)
    return row["order_id"] if row else None


def _order(row: Row | None) -> Order | None:
    if row is None:
        return None
    currency = row["currency"]
    return Order(
        **{name: row[name] for name in _SAME_NAMES},
        items=Money(row["items_amount"], currency),
        shipping=Money(row["shipping_amount"], currency),
        tax=Money(row["tax_amount"], currency),
        total=Money(row["total_amount"], currency),
        address=Address(**{name: row["shipping_address"].get(name, "") for name in _ADDRESS_FIELDS}),
        lines=tuple(_line(line, currency) for line in row["lines"] or ()),
        payment=_attempt(row["payment"], currency),
    )


_SAME_NAMES = (
    "id", "number", "secret", "customer_key", "email", "state", "sale_id", "shipping_method", "placed_at", "paid_at",
    "fulfilled_at", "cancelled_at", "cancel_reason", "tracking", "pay_until",
)  # fmt: skip
_ADDRESS_FIELDS = ("name", "line1", "line2", "city", "postcode", "country")


def _line(line: dict[str, Any], currency: str) -> OrderLine:
    return OrderLine(
        sku=line["sku"],
        title=line["title"],
        quantity=line["quantity"],
        unit_price=Money(line["unit_price"], currency),
        tax=Money(line["tax_amount"], currency),
        tax_points=line["tax_points"],
    )


def _attempt(payment: dict[str, Any] | None, currency: str) -> Attempt | None:
    if payment is None:
        return None
    return Attempt(
        id=UUID(payment["id"]),
        gateway=payment["gateway"],
        state=payment["state"],
        refunded=Money(payment["refunded_amount"], currency),
        failure=payment["failure"],
        gateway_ref=payment["gateway_ref"],
    )
