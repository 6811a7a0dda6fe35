"""Carts: what somebody means to buy, without any promise.

Promises: made at the first thing put in, kept for its shopper; a line's price is always today's.
Never: holds stock; that begins with the order.
"""

from dataclasses import dataclass
from uuid import UUID

from doorbuster.catalogue.artwork import artwork_url
from doorbuster.clock import new_id
from doorbuster.database.pool import Database, Runner
from doorbuster.database.queries import QueryFile
from doorbuster.money import Money

SQL = QueryFile("doorbuster.shop", "carts.sql")
QUANTITY_MAX = 999
LINES_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """One line; `price` is None when it can't be bought in the cart's currency, `left` is what stock allows."""

    variant_id: UUID
    sku: str
    title: str
    handle: str
    artwork_url: str
    quantity: int
    price: Money | None
    left: int

    @property
    def total(self) -> Money | None:
        """Return what the line costs now."""
        return self.price.times(self.quantity) if self.price else None

    @property
    def lacks(self) -> bool:
        """Say whether fewer are left than the line asks for."""
        return self.price is None or self.left < self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """A shopper's open cart."""

    id: UUID
    currency: str
    lines: tuple[CartLine, ...]

    @property
    def total(self) -> Money:
        """Return what its buyable lines cost now, without delivery."""
        amount = sum(line.total.amount for line in self.lines if line.total)
        return Money(amount, self.currency)


@dataclass(frozen=True, slots=True)
class NoSuchVariant:
    """There is nothing with this SKU that the shop sells in the cart's currency."""


@dataclass(frozen=True, slots=True)
class CartFull:
    """A cart has at most `LINES_MAX` lines."""


async def open_cart(database: Runner, customer_key: str) -> Cart | None:
    """Return the shopper's open cart, or None when nothing was put into one."""
    row = await database.fetch_one(SQL.open_cart, customer_key=customer_key)
    return await _cart(database, row["id"], row["currency"]) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWish:
    """So many units of a SKU: added to what the cart has, or instead of it (then 0 takes the line out)."""

    sku: str
    quantity: int
    instead: bool = False


async def put_line(
    database: Database, customer_key: str, wish: LineWish, currency: str
) -> Cart | NoSuchVariant | CartFull:
    """Put units into the shopper's cart, making it the first time; at most `QUANTITY_MAX` of one variant."""
    sku = wish.sku
    variant = await database.fetch_one(SQL.variant_to_buy, sku=sku, currency=currency)
    if variant is None:
        return NoSuchVariant()
    async with database.transaction() as transaction:
        await transaction.execute(SQL.make_cart, id=new_id(), customer_key=customer_key, currency=currency)
        row = await transaction.fetch_one(SQL.lock_open_cart, customer_key=customer_key)
        assert row is not None
        line = {"cart_id": row["id"], "variant_id": variant["id"]}
        if wish.quantity == 0:
            put = 1 + await transaction.execute(SQL.take_out, **line)
        else:
            amounts = {"quantity": wish.quantity, "instead": wish.instead, "lines_max": LINES_MAX}
            put = await transaction.execute(SQL.put_line, **line, **amounts)
    cart = await _cart(database, row["id"], row["currency"])
    return cart if put else CartFull()


async def set_quantity(database: Runner, customer_key: str, variant_id: UUID, quantity: int) -> Cart | None:
    """Change a line of the shopper's cart; 0 takes it out. None when there is no open cart."""
    await database.execute(SQL.set_quantity, customer_key=customer_key, variant_id=variant_id, quantity=quantity)
    return await open_cart(database, customer_key)


async def _cart(database: Runner, cart_id: UUID, currency: str) -> Cart:
    rows = await database.fetch(SQL.cart_lines, cart_id=cart_id, currency=currency)
    lines = tuple(
        CartLine(
            variant_id=row["variant_id"],
            sku=row["sku"],
            title=row["title"],
            handle=row["handle"],
            artwork_url=artwork_url(row["handle"], row["category"]),
            quantity=row["quantity"],
            price=Money(row["unit_price"], currency) if row["unit_price"] is not None else None,
            left=max(row["remaining"], 0),
        )
        for row in rows
    )
    return Cart(id=cart_id, currency=currency, lines=lines)
