"""What somebody who wants to order is told: values, not exceptions."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from doorbuster.money import Money
from doorbuster.shop.addresses import Address
from doorbuster.shop.orders import OrderState, PaymentState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWish:
    """What a shopper asks for: exactly one of `hold_id` and `cart_id` is set."""

    order_id: UUID
    payment_id: UUID
    secret: str
    customer_key: str
    idempotency_key: str
    request_hash: bytes
    email: str
    address: Address
    hold_id: UUID | None = None
    cart_id: UUID | None = None
    shipping_method: UUID | None = None
    expected_total: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """What the shopper needs to pay and to find the order again."""

    order_id: UUID
    number: int
    secret: str
    state: OrderState
    total: Money
    email: str
    payment_id: UUID
    payment_state: PaymentState


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same request came before: this is its order."""

    order: PlacedOrder


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key was used before for a different request."""


@dataclass(frozen=True, slots=True)
class AlreadyOrdered:
    """The hold or cart was ordered before with another key: here is its order."""

    order: PlacedOrder


@dataclass(frozen=True, slots=True)
class NotYours:
    """There is no such hold or cart, at least not for this shopper."""


@dataclass(frozen=True, slots=True)
class HoldGone:
    """The hold is no more: it expired or was released."""

    why: Literal["expired", "released"]


@dataclass(frozen=True, slots=True)
class LimitReached:
    """The e-mail address has bought or holds as many of the sale as one customer may."""

    maximum: int


@dataclass(frozen=True, slots=True)
class CartEmpty:
    """There is nothing in the cart that can be bought."""


@dataclass(frozen=True, slots=True)
class OutOfStock:
    """Of this line fewer are left than asked for; nothing was taken."""

    sku: str
    left: int


@dataclass(frozen=True, slots=True)
class NoDelivery:
    """No delivery method reaches this country (or the chosen one doesn't)."""

    country: str


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """The total is not what the shopper was shown; nothing was taken."""

    total: Money


@dataclass(frozen=True, slots=True)
class NothingToPay:
    """The order is paid, or over."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order stands and waits for its payment."""

    order: PlacedOrder


Refusal = (
    KeyReused | NotYours | AlreadyOrdered | HoldGone | CartEmpty | OutOfStock | NoDelivery | PriceChanged | LimitReached
)
"""In the order in which they are decided; nothing was done."""

PlaceAnswer = Replayed | Refusal | Placed
