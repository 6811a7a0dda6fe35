"""A small shop with one sale, and shoppers who hold, order and pay without a browser."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from doorbuster import audit
from doorbuster.clock import new_id, new_secret
from doorbuster.database import Database
from doorbuster.money import Money
from doorbuster.sale.answers import Held
from doorbuster.sale.holds import Caller, Claim, claim_batch
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from doorbuster.sale.sales import Sale
from doorbuster.shop.addresses import Address
from doorbuster.shop.answers import OrderWish, PlaceAnswer, Placed, PlacedOrder
from doorbuster.shop.payments import Event
from doorbuster.shop.placing import place_cart_order, place_orders
from doorbuster.shop.settling import Settlement, settle_payments
from doorbuster.stock.pools import adjust_stock

HOME = Address(name="Ada Lovelace", line1="12 St James's Square", city="London", postcode="SW1Y 4LB", country="GB")


@dataclass
class Scene:
    """The shop under test; `sql` reads and bends rows as a test's reader expects them."""

    database: Database
    url: str
    variants: dict[str, UUID] = field(default_factory=dict)
    sale: Sale | None = None

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def value(self, statement: str, *values: Any) -> Any:
        return (await self.sql(statement, *values))[0][0]

    async def stock(self, sku: str, units: int, price: int = 1_999) -> UUID:
        """Put a product with one variant on the shelf."""
        product, variant = new_id(), new_id()
        await self.sql("INSERT INTO products (id, handle, title) VALUES ($1, $2, $3)", product, sku, sku.title())
        await self.sql("INSERT INTO variants (id, product_id, sku) VALUES ($1, $2, $3)", variant, product, sku)
        await self.sql("INSERT INTO prices (variant_id, currency, amount) VALUES ($1, 'GBP', $2)", variant, price)
        await adjust_stock(self.database, variant, units, "received")
        self.variants[sku] = variant
        return variant

    async def open_sale(self, units: int = 5, limit: int = 1, price: int = 999, sku: str = "lamp") -> Sale:
        await self.stock(sku, units)
        now = datetime.now(UTC)
        done = await create_sale(
            self.database,
            NewSale(
                handle=f"sale-of-{sku}",
                title="Sale",
                opens_at=now - timedelta(seconds=5),
                closes_at=now + timedelta(hours=1),
                currency="GBP",
                items=[NewItem(sku=sku, price=price, units=units)],
                limit_per_customer=limit,
            ),
        )
        assert isinstance(done, Done), done
        self.sale = done.sale
        await self.sql("UPDATE stock_pools SET reopens_at = '-infinity'")  # as if the sale had been planned long ago
        return done.sale

    async def hold(self, who: str = "ada", quantity: int = 1, sku: str = "lamp") -> UUID:
        assert self.sale is not None
        caller = Caller("s:" + who, new_secret())
        claim = Claim(self.sale, self.variants[sku], quantity, caller)
        (answer,) = await claim_batch(self.database, [claim])
        assert isinstance(answer, Held), answer
        return answer.hold.id

    async def cart(self, who: str = "ada", **quantities: int) -> UUID:
        cart = new_id()
        await self.sql("INSERT INTO carts (id, customer_key, currency) VALUES ($1, $2, 'GBP')", cart, "s:" + who)
        for sku, quantity in quantities.items():
            await self.sql("INSERT INTO cart_lines VALUES ($1, $2, $3)", cart, self.variants[sku], quantity)
        return cart

    async def place(self, wish: OrderWish) -> PlaceAnswer:
        if wish.cart_id is not None:
            return await place_cart_order(self.database, wish, "hosted")
        return (await place_orders(self.database, [wish], "hosted"))[0]

    async def ordered(self, who: str = "ada", **changes: Any) -> PlacedOrder:
        """Hold a unit and place its order."""
        answer = await self.place(wish(who, hold_id=await self.hold(who), **changes))
        assert isinstance(answer, Placed), answer
        return answer.order

    async def told(self, *events: Event) -> list[Settlement]:
        return await settle_payments(self.database, events)

    async def pool(self, sku: str = "lamp", of_sale: bool = True) -> tuple[int, int, int]:
        """Return (on hand, held, sold)."""
        row = await self.sql(
            "SELECT on_hand, held, sold FROM stock_pools WHERE variant_id = $1 AND (sale_id IS NOT NULL) = $2",
            self.variants[sku], of_sale,
        )  # fmt: skip
        return tuple(row[0])

    async def books_balance(self) -> None:
        """The auditor finds nothing: every counter, limit, order and payment adds up."""
        report = await audit.run(self.url)
        assert report.clean, "\n".join(report.lines())


def wish(who: str = "ada", **changes: Any) -> OrderWish:
    """What `who` asks for; a test changes what it is about."""
    plain: dict[str, Any] = {
        "order_id": new_id(),
        "payment_id": new_id(),
        "secret": new_secret(),
        "customer_key": "s:" + who,
        "idempotency_key": new_secret(),
        "request_hash": b"request",
        "email": f"{who}@example.com",
        "address": HOME,
    }
    return OrderWish(**(plain | changes))


def event(order: PlacedOrder, kind: str = "captured", **changes: Any) -> Event:
    """What the gateway says about an order's payment."""
    plain: dict[str, Any] = {
        "id": "evt_" + new_secret(),
        "gateway": "hosted",
        "kind": kind,
        "payment_id": order.payment_id,
        "amount": order.total,
        "gateway_ref": "pi_" + new_secret() if kind == "captured" else None,
        "failure": "declined" if kind == "failed" else None,
    }
    return Event(**(plain | changes))


def pounds(amount: int) -> Money:
    return Money(amount, "GBP")


@pytest.fixture
def scene(database: Database, database_url: str) -> Scene:
    return Scene(database, database_url)
