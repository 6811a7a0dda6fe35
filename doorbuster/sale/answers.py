"""What a claim is told, in order of precedence: the first that applies wins.

Replayed      this key was answered before; here is the same hold again
KeyReused     this key belongs to another request of yours
NotInSale     the sale has no such item
NotAdmitted   too many are waiting for a turn; nothing was done, come back in a few seconds
NotOpenYet    the sale opens at a later time
Paused        the merchant has stopped the sale for a while
SaleOver      the sale has ended
AlreadyYours  you hold units of this item already; here is that hold
LimitReached  it would be more than one customer may have
PriceChanged  the price is not the one you agreed to
SoldOut       every unit is sold
AllHeld       every unit is held, but holds may still expire
NetworkFull   as much as one network may hold unpaid is held from yours
Held          yours until `expires_at`
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec


class Hold(msgspec.Struct, frozen=True):
    """A promise of units to one customer until `expires_at`."""

    id: UUID
    variant_id: UUID
    quantity: int
    unit_price: int
    currency: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """The key was answered before; here is the same hold again, as it stands now."""

    hold: Hold
    name: ClassVar[str] = "Replayed"


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key belongs to another request of the same customer; nothing was done."""

    name: ClassVar[str] = "KeyReused"


@dataclass(frozen=True, slots=True)
class NotInSale:
    """The sale has no such item."""

    name: ClassVar[str] = "NotInSale"


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """Too many are waiting for a turn; nothing was done."""

    retry_after_seconds: int
    name: ClassVar[str] = "NotAdmitted"


@dataclass(frozen=True, slots=True)
class NotOpenYet:
    """The sale opens later."""

    opens_at: datetime
    name: ClassVar[str] = "NotOpenYet"


@dataclass(frozen=True, slots=True)
class Paused:
    """The merchant has stopped the sale for a while."""

    name: ClassVar[str] = "Paused"


@dataclass(frozen=True, slots=True)
class SaleOver:
    """The sale has ended."""

    name: ClassVar[str] = "SaleOver"


@dataclass(frozen=True, slots=True)
class AlreadyYours:
    """The customer holds units of this item already."""

    hold: Hold
    name: ClassVar[str] = "AlreadyYours"


@dataclass(frozen=True, slots=True)
class LimitReached:
    """It would be more than one customer may have of this sale."""

    limit: int
    have: int
    name: ClassVar[str] = "LimitReached"


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """The price in force is not the one the customer agreed to."""

    price: int
    currency: str
    name: ClassVar[str] = "PriceChanged"


@dataclass(frozen=True, slots=True)
class SoldOut:
    """Every unit is sold (or fewer are left than were asked for)."""

    left: int
    name: ClassVar[str] = "SoldOut"


@dataclass(frozen=True, slots=True)
class AllHeld:
    """Nothing is left, but units that others hold may still come back."""

    left: int
    name: ClassVar[str] = "AllHeld"


@dataclass(frozen=True, slots=True)
class NetworkFull:
    """Units are left, but the caller's network holds as many unpaid as one network may."""

    retry_after_seconds: int
    name: ClassVar[str] = "NetworkFull"


@dataclass(frozen=True, slots=True)
class Held:
    """The units are promised to this customer."""

    hold: Hold
    name: ClassVar[str] = "Held"


Answer = (
    Replayed
    | KeyReused
    | NotInSale
    | NotAdmitted
    | NotOpenYet
    | Paused
    | SaleOver
    | AlreadyYours
    | LimitReached
    | PriceChanged
    | SoldOut
    | AllHeld
    | NetworkFull
    | Held
)
