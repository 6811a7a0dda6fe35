"""The life of a sale: units allocated from the shop's stock, planned, open, paused, over, leftovers returned.

A sale opens and closes by the database's clock; nothing has to happen for it, so nothing can be late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from doorbuster.database import QueryFile, Runner, build, build_all

SQL = QueryFile("doorbuster.sale", "sales.sql")

SaleState = Literal["planned", "open", "paused", "over"]


@dataclass(frozen=True, slots=True)
class SaleItem:
    """One item of a sale; `units` were allocated, `left` may still be promised, `waiting` are in line."""

    sale_id: UUID
    variant_id: UUID
    pool_id: UUID
    sku: str
    title: str
    handle: str
    category: str
    option_values: tuple[str, ...]
    price: int
    compare_at: int | None
    units: int
    held: int
    sold: int
    waiting: int
    reopens_at: datetime

    @property
    def left(self) -> int:
        """Return how many units may still be promised."""
        return self.units - self.held - self.sold


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it stood at `now`, by the database's clock."""

    id: UUID
    handle: str
    title: str
    description: str
    opens_at: datetime
    closes_at: datetime
    hold_seconds: int
    limit_per_customer: int
    network_share_percent: int
    currency: str
    paused_at: datetime | None
    ended_at: datetime | None
    leftovers_returned_at: datetime | None
    now: datetime
    items: tuple[SaleItem, ...] = ()

    @property
    def state(self) -> SaleState:
        """Return where in its life the sale was at `now`."""
        return state_of(self, self.now)

    @property
    def units(self) -> int:
        """Return the units allocated to all items."""
        return sum(item.units for item in self.items)

    @property
    def held(self) -> int:
        """Return the units that are promised but not paid."""
        return sum(item.held for item in self.items)

    @property
    def sold(self) -> int:
        """Return the units that are paid."""
        return sum(item.sold for item in self.items)

    @property
    def waiting(self) -> int:
        """Return how many wait in line for units that come back."""
        return sum(item.waiting for item in self.items)

    @property
    def left(self) -> int:
        """Return the units that may still be promised."""
        return sum(item.left for item in self.items)


def state_of(sale: Sale, now: datetime) -> SaleState:
    """Say where in its life a sale is: over wins, then planned, then paused."""
    if sale.ended_at is not None or now >= sale.closes_at:
        return "over"
    if now < sale.opens_at:
        return "planned"
    return "paused" if sale.paused_at is not None else "open"


async def sale_by_handle(database: Runner, handle: str) -> Sale | None:
    """Return the sale of that address with its items, or None."""
    found = await database.fetch(SQL.sale_by_handle, handle=handle)
    return (await _with_items(database, build_all(found, Sale)))[0] if found else None


async def sale_by_id(database: Runner, sale_id: UUID) -> Sale | None:
    """Return the sale with its items, or None."""
    found = await database.fetch(SQL.sale_by_id, sale_id=sale_id)
    return (await _with_items(database, build_all(found, Sale)))[0] if found else None


async def list_sales(database: Runner, before: tuple[datetime, UUID] | None = None, limit: int = 50) -> list[Sale]:
    """Return sales with their items, the latest opening first; `before` is opening and id of the page's last before."""
    opens_at, sale_id = before or (None, None)
    found = await database.fetch(SQL.list_sales, before=opens_at, before_id=sale_id, most=min(limit, 200))
    return await _with_items(database, build_all(found, Sale))


async def live_sales(database: Runner) -> list[Sale]:
    """Return the sales that shoppers may come for: not over for more than an hour; at most a hundred."""
    return await _with_items(database, build_all(await database.fetch(SQL.live_sales), Sale))


async def sale_of_variant(database: Runner, variant_ids: Sequence[UUID]) -> Sale | None:
    """Return the open or next sale that has one of these variants, for the product's page."""
    row = await database.fetch_one(SQL.sale_of_variants, variant_ids=list(variant_ids))
    sale = build(row, Sale)
    return (await _with_items(database, [sale]))[0] if sale else None


async def _with_items(database: Runner, sales: list[Sale]) -> list[Sale]:
    """Return the same sales with their items, in one more statement for all of them."""
    rows = await database.fetch(SQL.items_of_sales, sale_ids=[sale.id for sale in sales]) if sales else []
    items: dict[UUID, list[SaleItem]] = {sale.id: [] for sale in sales}
    for row in rows:
        fields = dict(row.items())
        items[row["sale_id"]].append(SaleItem(**fields | {"option_values": tuple(row["option_values"])}))
    return [replace(sale, items=tuple(items[sale.id])) for sale in sales]
