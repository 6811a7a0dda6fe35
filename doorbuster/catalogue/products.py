"""Products as shoppers see them: a card in a list, and the whole thing with its variants.

Prices are those of the currency that was asked for, or None where the merchant set none. `units` are what the shop's
own pool has left; units allocated to a sale are the sale's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from doorbuster.catalogue.artwork import artwork_url
from doorbuster.catalogue.paging import Cursor, Page, bounded
from doorbuster.database import QueryFile, Row, Runner
from doorbuster.money import Money

SQL = QueryFile("doorbuster.catalogue", "products.sql")

Availability = Literal["available", "last_few", "sold_out"]

LAST_FEW_UNITS_MAX = 5

_NEWEST = UUID(int=2**128 - 1)
_FIRST = Cursor(-(2**31), UUID(int=0))


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product in a list; `price` is its cheapest variant's and `price_to` its dearest's."""

    id: UUID
    handle: str
    title: str
    vendor: str
    category: str
    price: Money | None
    price_to: Money | None
    compare_at: Money | None
    variant_count: int
    units: int

    @property
    def availability(self) -> Availability:
        """Say how many are left in a shopper's words."""
        return availability_of(self.units)

    @property
    def prices_vary(self) -> bool:
        """Say whether the price must be written as "from"."""
        return self.price != self.price_to

    @property
    def artwork_url(self) -> str:
        """Return the address of the picture we draw for it."""
        return artwork_url(self.handle, self.category)


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be bought. `option_values` answer the product's `option_names` in their order."""

    id: UUID
    sku: str
    product_id: UUID
    product_handle: str
    product_title: str
    option_values: tuple[str, ...]
    price: Money | None
    compare_at: Money | None
    units: int
    weight_grams: int
    requires_shipping: bool
    tax_category: str

    @property
    def availability(self) -> Availability:
        """Say how many are left in a shopper's words."""
        return availability_of(self.units)

    @property
    def title(self) -> str:
        """Name the choice, such as "Black / M"; empty when the product has only this one."""
        return " / ".join(self.option_values)


@dataclass(frozen=True, slots=True)
class Media:
    """A picture the merchant gave by address; pages of ours never load it from elsewhere."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class CollectionName:
    """A collection that a product is in: enough for a link."""

    handle: str
    title: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product with everything its page shows. `description_html` was sanitised when it was written."""

    id: UUID
    handle: str
    title: str
    vendor: str
    category: str
    description_html: str
    tags: tuple[str, ...]
    option_names: tuple[str, ...]
    created_at: datetime
    variants: tuple[Variant, ...]
    media: tuple[Media, ...]
    collections: tuple[CollectionName, ...]

    @property
    def units(self) -> int:
        """Count what is left of all its variants."""
        return sum(variant.units for variant in self.variants)

    @property
    def availability(self) -> Availability:
        """Say how many are left in a shopper's words."""
        return availability_of(self.units)

    @property
    def artwork_url(self) -> str:
        """Return the address of the picture we draw for it."""
        return artwork_url(self.handle, self.category)


def availability_of(units: int) -> Availability:
    """Say how many are left in a shopper's words."""
    if units <= 0:
        return "sold_out"
    return "last_few" if units <= LAST_FEW_UNITS_MAX else "available"


async def newest_products(
    database: Runner, currency: str, *, after: Cursor | None = None, size: int = 24
) -> Page[ProductCard]:
    """Return active products, newest first, from `after` on."""
    after_id = after.id if after else _NEWEST
    rows = await database.fetch(SQL.newest_products, after_id=after_id, currency=currency, size=bounded(size) + 1)
    return page_of_cards(rows, currency, bounded(size))


async def products_in_collection(
    database: Runner, handle: str, currency: str, *, after: Cursor | None = None, size: int = 24
) -> Page[ProductCard]:
    """Return the active products of a collection in the merchant's order; none for an unknown handle."""
    start = after or _FIRST
    rows = await database.fetch(
        SQL.products_in_collection,
        handle=handle,
        after_position=max(-(2**31), min(start.key, 2**31 - 1)),
        after_id=start.id,
        currency=currency,
        size=bounded(size) + 1,
    )
    return page_of_cards(rows, currency, bounded(size))


async def products_like(database: Runner, product: Product, currency: str, *, size: int = 4) -> tuple[ProductCard, ...]:
    """Return a few more active products of the same category, newest first."""
    rows = await database.fetch(
        SQL.products_like,
        category=product.category,
        product_id=product.id,
        currency=currency,
        size=min(bounded(size), 24),
    )
    return tuple(card_of(row, currency) for row in rows)


async def product_by_handle(database: Runner, handle: str, currency: str) -> Product | None:
    """Return the active product of that handle with up to 100 variants, or None."""
    row = await database.fetch_one(SQL.product_by_handle, handle=handle, currency=currency)
    return None if row is None else _product_of(row, currency)


async def variant_by_sku(database: Runner, sku: str, currency: str) -> Variant | None:
    """Return the variant of an active product by its SKU, or None."""
    row = await database.fetch_one(SQL.variant_by_sku, sku=sku, currency=currency)
    return None if row is None else _variant_of(dict(row.items()), currency)


def page_of_cards(rows: Sequence[Row], currency: str, size: int) -> Page[ProductCard]:
    """Make a page of `size` cards out of up to `size` + 1 rows; the row too many says that there is a next page."""
    shown = rows[:size]
    more = len(rows) > size
    following = Cursor(shown[-1]["sort_key"], shown[-1]["id"]) if more else None
    return Page(tuple(card_of(row, currency) for row in shown), following)


def card_of(row: Row, currency: str) -> ProductCard:
    """Make a card out of a row with a product's and its offer's columns."""
    return ProductCard(
        id=row["id"],
        handle=row["handle"],
        title=row["title"],
        vendor=row["vendor"],
        category=row["category"],
        price=_money(row["price"], currency),
        price_to=_money(row["price_to"], currency),
        compare_at=_money(row["compare_at"], currency),
        variant_count=row["variant_count"] or 0,
        units=row["units"] or 0,
    )


def _product_of(row: Row, currency: str) -> Product:
    named = {"product_id": row["id"], "product_handle": row["handle"], "product_title": row["title"]}
    return Product(
        id=row["id"],
        handle=row["handle"],
        title=row["title"],
        vendor=row["vendor"],
        category=row["category"],
        description_html=row["description_html"],
        tags=tuple(row["tags"]),
        option_names=tuple(row["option_names"]),
        created_at=row["created_at"],
        variants=tuple(_variant_of({**variant, **named}, currency) for variant in row["variants"]),
        media=tuple(Media(**media) for media in row["media"]),
        collections=tuple(CollectionName(**collection) for collection in row["collections"]),
    )


def _variant_of(row: Mapping[str, Any], currency: str) -> Variant:
    return Variant(
        id=row["id"] if isinstance(row["id"], UUID) else UUID(row["id"]),
        sku=row["sku"],
        product_id=row["product_id"],
        product_handle=row["product_handle"],
        product_title=row["product_title"],
        option_values=tuple(row["option_values"]),
        price=_money(row["amount"], currency),
        compare_at=_money(row["compare_at_amount"], currency),
        units=row["units"],
        weight_grams=row["weight_grams"],
        requires_shipping=row["requires_shipping"],
        tax_category=row["tax_category"],
    )


def _money(amount: int | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
