"""What an order would cost, and how it may be delivered: for the checkout page, before anything is promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from doorbuster.database.pool import Runner
from doorbuster.database.queries import QueryFile
from doorbuster.money import Money

SQL = QueryFile("doorbuster.shop", "pricing.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """So many units of a variant at a price."""

    variant_id: UUID
    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLine:
    """A line as the order would freeze it."""

    sku: str
    title: str
    quantity: int
    total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What an order would cost; `shipping_method` is None when nothing delivers there."""

    lines: tuple[QuotedLine, ...]
    items: Money
    shipping: Money
    tax: Money
    total: Money
    shipping_method: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One way to deliver, with its price for this order."""

    id: UUID
    name: str
    price: Money
    days_min: int
    days_max: int


async def quote(
    database: Runner, wanted: Sequence[Wanted], country: str, currency: str, method_id: UUID | None = None
) -> Quote:
    """Price lines for a country with the delivery method, or with the first one that goes there."""
    lines = [
        {"position": n, "variant_id": each.variant_id, "quantity": each.quantity, "unit_price": each.unit_price}
        for n, each in enumerate(wanted, start=1)
    ]
    row = await database.fetch_one(
        SQL.quote_order, lines=lines, country=country, currency=currency, method_id=method_id
    )
    assert row is not None
    items, shipping = row["items_amount"] or 0, row["shipping_amount"]
    return Quote(
        lines=tuple(_line(line, currency) for line in row["lines"] or ()),
        items=Money(items, currency),
        shipping=Money(shipping, currency),
        tax=Money(row["tax_amount"] or 0, currency),
        total=Money(items + shipping, currency),
        shipping_method=row["shipping_method"],
    )


async def deliveries(database: Runner, country: str, items: Money) -> list[Delivery]:
    """Return the ways to deliver an order of this value to a country, in the merchant's order."""
    rows = await database.fetch(SQL.deliveries, country=country, currency=items.currency, items_amount=items.amount)
    return [
        Delivery(
            id=row["id"],
            name=row["name"],
            price=Money(row["amount"], items.currency),
            days_min=row["days_min"],
            days_max=row["days_max"],
        )
        for row in rows
    ]


def _line(line: dict[str, Any], currency: str) -> QuotedLine:
    return QuotedLine(
        sku=line["sku"],
        title=line["title"],
        quantity=line["quantity"],
        total=Money(line["quantity"] * line["unit_price"], currency),
    )
