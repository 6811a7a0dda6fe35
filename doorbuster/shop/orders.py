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
PaymentState = Literal[
    "pending", "captured", "failed", "cancelled", "refund_due", "refunded"
]


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
