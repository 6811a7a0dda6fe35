"""What a merchant does to a sale: create, edit, pause, resume, end; and how its leftovers come home.

Effects of editing a live sale: title, description, closing time, hold time, limit and price count from the next claim
on; holds already given keep their price and their time. The opening can be moved only before it. Units are taken from
the shop's own stock, or given back down to what is promised.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from doorbuster import errors
from doorbuster.clock import new_id
from doorbuster.database import Database, Transaction, build, build_all
from doorbuster.sale.sales import SQL, Sale, sale_by_id
from doorbuster.stock.pools import MAIN_LOCATION, Pool, make_shop_pool, move_on_hand

MISTAKES_BY_CONSTRAINT = {
    "sales_handle_unique": ("handle", "another sale has this address already"),
    "sales_handle_is_a_slug": ("handle", "use small letters, digits and single hyphens"),
    "sales_close_after_opening": ("closes_at", "the sale must close after it opens"),
    "sales_hold_time_sensible": ("hold_seconds", "a hold lasts from 5 seconds to one day"),
    "sales_limit_positive": ("limit_per_customer", "the limit is from 1 to 10,000 units"),
    "sales_network_share_sensible": ("network_share_percent", "one network's share is from 1 to 100 per cent"),
    "sales_currency_iso": ("currency", "use a currency code such as GBP"),
    "sale_items_price_not_negative": ("price", "a price cannot be negative"),
    "sale_items_units_positive": ("units", "the number of units cannot be negative"),
    "stock_pools_never_oversold": ("units", "the number of units cannot be negative"),
    "stock_pools_one_per_place": ("sku", "an item can be in a sale only once"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An item to put on sale: `price` in minor units of the sale's currency."""

    sku: str
    units: int
    price: int


TERMS = ("title", "description", "opens_at", "closes_at", "hold_seconds", "limit_per_customer", "network_share_percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSale:
    """A sale to schedule; times are aware."""

    handle: str
    title: str
    opens_at: datetime
    closes_at: datetime
    currency: str
    items: Sequence[NewItem]
    description: str = ""
    hold_seconds: int = 300
    limit_per_customer: int = 1
    network_share_percent: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleEdit:
    """What to change; None leaves a thing as it is. `prices` and `units` are by SKU."""

    title: str | None = None
    description: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    hold_seconds: int | None = None
    limit_per_customer: int | None = None
    network_share_percent: int | None = None
    prices: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The sale as it is now."""

    sale: Sale


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed; mistakes by field, each a sentence."""

    mistakes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Pools:
    """The two pools of one variant: the sale's and the shop's own, both locked."""

    sale: Pool
    shop: Pool


class _Mistake(Exception):
    """Rolls the transaction back with a mistake to tell."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.refused = Refused({field_name: sentence})


def handle_for(title: str, opens_at: datetime) -> str:
    """Return an address for a sale: its title in small letters and its opening, so that next week's has another."""
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower())[:100].strip("-")
    return f"{slug or 'sale'}-{opens_at:%Y%m%d-%H%M}"


async def create_sale(database: Database, wish: NewSale) -> Done | Refused:
    """Schedule a sale and allocate its units from the shop's stock, all or nothing."""
    if not wish.items:
        return Refused({"sku": "a sale needs at least one item"})
    sale_id = new_id()
    try:
        async with database.transaction() as transaction:
            await _insert(transaction, sale_id, wish)
    except _Mistake as mistake:
        return mistake.refused
    except errors.ConstraintViolated as fault:
        return _refused_by(fault)
    return await _done(database, sale_id)


async def edit_sale(database: Database, sale_id: UUID, edit: SaleEdit) -> Done | Refused:
    """Change a sale; see the module for what counts from when."""
    try:
        async with database.transaction() as transaction:
            sale = build(await transaction.fetch_one(SQL.lock_sale, sale_id=sale_id), Sale)
            if sale is None or sale.state == "over":
                raise _Mistake("sale", "there is no such sale, or it is over")
            if edit.opens_at is not None and edit.opens_at != sale.opens_at and sale.state != "planned":
                raise _Mistake("opens_at", "the sale has opened already; its opening cannot be moved")
            await _update(transaction, sale, edit)
            await _edit_items(transaction, sale_id, edit)
    except _Mistake as mistake:
        return mistake.refused
    except errors.ConstraintViolated as fault:
        return _refused_by(fault)
    return await _done(database, sale_id)


async def pause_sale(database: Database, sale_id: UUID) -> Done | Refused:
    """Stop claims until resumed; holds already given may be paid. No claim is granted after this returns."""
    return await _change(database, sale_id, "pause_sale", "the sale is over, or paused already")


async def resume_sale(database: Database, sale_id: UUID) -> Done | Refused:
    """Let claims go on."""
    return await _change(database, sale_id, "resume_sale", "the sale is over, or not paused")


async def end_sale(database: Database, sale_id: UUID) -> Done | Refused:
    """End a sale for ever; holds already given may be paid, and what is left goes home when none is open."""
    return await _change(database, sale_id, "end_sale", "the sale has been ended already")


async def return_leftovers(database: Database) -> int:
    """Close the books of sales that are over with nothing held: leftovers go back to the shop's stock.

    Returns how many sales were finished. Safe to repeat and to interrupt.
    """
    finished = 0
    for row in await database.fetch(SQL.sales_to_finish):
        async with database.transaction() as transaction:
            finished += await _finish(transaction, row["id"])
    return finished


async def _insert(transaction: Transaction, sale_id: UUID, wish: NewSale) -> None:
    await transaction.execute(
        SQL.insert_sale,
        id=sale_id,
        handle=wish.handle,
        **{name: getattr(wish, name) for name in TERMS},
        currency=wish.currency,
    )
    found = await transaction.fetch(SQL.variants_by_skus, skus=[item.sku for item in wish.items])
    variants = {row["sku"]: row["id"] for row in found}
    for item in wish.items:
        if item.sku not in variants:
            raise _Mistake("sku", f"there is no item with the SKU {item.sku!r}")
    for position, item in enumerate(wish.items, start=1):
        await _insert_item(transaction, sale_id, variants[item.sku], item, position)
    pools = await _lock_pools(transaction, sale_id)
    for item in wish.items:
        await _take_from_shop(transaction, pools[variants[item.sku]].shop, item.units, item.sku)


async def _insert_item(transaction: Transaction, sale_id: UUID, variant_id: UUID, item: NewItem, position: int) -> None:
    pool_id = new_id()
    await make_shop_pool(transaction, variant_id)
    await transaction.execute(
        SQL.insert_pool_of_sale,
        pool_id=pool_id,
        variant_id=variant_id,
        location_id=MAIN_LOCATION,
        sale_id=sale_id,
        units=item.units,
    )
    await transaction.execute(
        SQL.insert_item,
        sale_id=sale_id,
        variant_id=variant_id,
        pool_id=pool_id,
        position=position,
        price=item.price,
        units=item.units,
    )


async def _lock_pools(transaction: Transaction, sale_id: UUID) -> dict[UUID, _Pools]:
    """Lock the pools of a sale and the shop's own of the same variants, in id order as everywhere."""
    rows = build_all(await transaction.fetch(SQL.lock_pools_of_sale, sale_id=sale_id), Pool)
    shop_pools = {pool.variant_id: pool for pool in rows if pool.sale_id is None}
    return {pool.variant_id: _Pools(pool, shop_pools[pool.variant_id]) for pool in rows if pool.sale_id is not None}


async def _allocate(transaction: Transaction, pools: _Pools, units: int, sku: str) -> None:
    """Move units from the shop's own pool to the sale's, or home when `units` is negative."""
    if units:
        await _take_from_shop(transaction, pools.shop, units, sku)
        await move_on_hand(transaction, pools.sale.id, "allocated" if units > 0 else "returned", units)


async def _take_from_shop(transaction: Transaction, shop_pool: Pool, units: int, sku: str) -> None:
    if units > shop_pool.left:
        raise _Mistake("units", f"the shop has only {shop_pool.left} units of {sku} to allocate")
    await move_on_hand(transaction, shop_pool.id, "allocated" if units > 0 else "returned", -units)


async def _update(transaction: Transaction, sale: Sale, edit: SaleEdit) -> None:
    wished = {name: getattr(edit, name) for name in TERMS}
    terms = {name: getattr(sale, name) if wish is None else wish for name, wish in wished.items()}
    await transaction.execute(SQL.edit_sale, sale_id=sale.id, **terms)


async def _edit_items(transaction: Transaction, sale_id: UUID, edit: SaleEdit) -> None:
    sale = await sale_by_id(transaction, sale_id)
    assert sale is not None
    unknown = {*edit.prices, *edit.units} - {item.sku for item in sale.items}
    if unknown:
        raise _Mistake("sku", f"this sale has no item {', '.join(sorted(unknown))}")
    pools = await _lock_pools(transaction, sale_id)
    for item in sale.items:
        price, units = edit.prices.get(item.sku, item.price), edit.units.get(item.sku, item.units)
        pool = pools[item.variant_id].sale
        if units < pool.held + pool.sold:
            promised = pool.held + pool.sold
            raise _Mistake("units", f"{promised} units of {item.sku} are held or sold; the sale cannot have fewer")
        await _allocate(transaction, pools[item.variant_id], units - pool.on_hand, item.sku)
        if (price, units) != (item.price, item.units):
            await transaction.execute(
                SQL.edit_item, sale_id=sale_id, variant_id=item.variant_id, price=price, units=units
            )


async def _change(database: Database, sale_id: UUID, verb: str, otherwise: str) -> Done | Refused:
    """Run one of the one-row changes while the sale's pools are locked, so that no claim is in flight."""
    async with database.transaction() as transaction:
        await transaction.fetch(SQL.lock_sale, sale_id=sale_id)
        await transaction.fetch(SQL.lock_pools_of_sale, sale_id=sale_id)
        changed = await transaction.execute(getattr(SQL, verb), sale_id=sale_id)
    return await _done(database, sale_id) if changed else Refused({"sale": otherwise})


async def _finish(transaction: Transaction, sale_id: UUID) -> int:
    await transaction.fetch(SQL.lock_sale, sale_id=sale_id)
    every = await _lock_pools(transaction, sale_id)
    if any(pools.sale.held for pools in every.values()):
        return 0
    for pools in every.values():
        if pools.sale.left:
            await _allocate(transaction, pools, -pools.sale.left, "")
    return await transaction.execute(SQL.finish_sale, sale_id=sale_id)


async def _done(database: Database, sale_id: UUID) -> Done:
    sale = await sale_by_id(database, sale_id)
    assert sale is not None
    return Done(sale)


def _refused_by(fault: errors.ConstraintViolated) -> Refused:
    """Map the name of a violated constraint to its answer; an unknown one is a fault and goes on as such."""
    if fault.constraint not in MISTAKES_BY_CONSTRAINT:
        raise fault
    name, sentence = MISTAKES_BY_CONSTRAINT[fault.constraint]
    return Refused({name: sentence})
