"""A small market for the tests of the sale engine: a product with units, a sale of it, and claims by name."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from doorbuster.clock import new_id
from doorbuster.database import Database, QueryFile
from doorbuster.database.queries import Query, parse
from doorbuster.sale import planning
from doorbuster.sale.answers import Answer
from doorbuster.sale.holds import Caller, Claim, Claims, claim_batch
from doorbuster.sale.planning import NewItem, NewSale
from doorbuster.sale.sales import Sale, sale_by_id
from doorbuster.stock.pools import adjust_stock

SALE_SQL = QueryFile("doorbuster.sale", "sales.sql")


def statement(sql: str) -> Query:
    """Make a query for a test's own question."""
    return parse(f"-- name: test\n-- why: a test asks\n-- cost: rows 1000, buffers 1000\n{sql}", "test")[0]


ADD_PRODUCT = statement("INSERT INTO products (id, handle, title) VALUES (:id, :handle, :title)")
ADD_VARIANT = statement("INSERT INTO variants (id, product_id, sku) VALUES (:id, :product_id, :sku)")


async def product(database: Database, sku: str = "LAMP", units: int = 1000) -> UUID:
    """Put a product with one variant on the shop's shelf."""
    product_id, variant_id = new_id(), new_id()
    await database.execute(ADD_PRODUCT, id=product_id, handle=sku.lower(), title=f"The {sku.lower()}")
    await database.execute(ADD_VARIANT, id=variant_id, product_id=product_id, sku=sku)
    await adjust_stock(database, variant_id, units, "received")
    return variant_id


def plan(sku: str = "LAMP", units: int = 10, **changes: object) -> NewSale:
    """Plan a sale that opened a minute ago."""
    now = datetime.now(UTC)
    facts: dict[str, object] = {
        "handle": "lamps",
        "title": "Lamps",
        "opens_at": now - timedelta(minutes=1),
        "closes_at": now + timedelta(hours=1),
        "currency": "GBP",
        "items": [NewItem(sku=sku, units=units, price=1999)],
    }
    return NewSale(**facts | changes)  # type: ignore[arg-type]  # a test names what it changes


async def opened(database: Database, units: int = 10, **changes: object) -> Sale:
    """Open a sale of lamps."""
    await product(database)
    done = await planning.create_sale(database, plan(units=units, **changes))
    assert isinstance(done, planning.Done), done
    return done.sale


@dataclass(frozen=True)
class Counter:
    """Where one claims in a test: one sale's first item."""

    database: Database
    sale: Sale

    def claim(
        self, who: str, key: str = "", quantity: int = 1, price: int | None = None, *, network: str | None = None
    ) -> Claim:
        """Return the claim of somebody, under a key of theirs."""
        caller = Caller(f"s:{who}", key or f"key-of-{who}-0123456789", price, network)
        return Claim(self.sale, self.sale.items[0].variant_id, quantity, caller)

    async def ask(self, who: str, key: str = "", quantity: int = 1, price: int | None = None) -> Answer:
        """Claim alone and return the answer."""
        return (await claim_batch(self.database, [self.claim(who, key, quantity, price)]))[0]

    async def ask_all(self, claims: Sequence[Claim]) -> list[Answer]:
        """Claim all at once, through one worker's coalescer."""
        door = Claims(self.database)
        calls = [door.claim_item(c.sale, c.sale.items[0].sku, c.quantity, c.caller) for c in claims]
        return list(await asyncio.gather(*calls))

    async def now(self) -> Sale:
        """Return the sale as it stands."""
        sale = await sale_by_id(self.database, self.sale.id)
        assert sale is not None
        return sale


LEDGER = statement("""
SELECT sum(on_hand_delta)::int AS on_hand, sum(held_delta)::int AS held, sum(sold_delta)::int AS sold
  FROM stock_movements WHERE pool_id = :pool_id
""")


async def ledger_of(database: Database, pool_id: UUID) -> tuple[int, int, int]:
    """Return what the ledger says a pool has on hand, held and sold."""
    row = await database.fetch_one(LEDGER, pool_id=pool_id)
    assert row is not None
    return row["on_hand"], row["held"], row["sold"]
