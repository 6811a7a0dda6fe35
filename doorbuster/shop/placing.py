"""Placing an order: a hold or a cart becomes an order that waits for its payment.

Promises: one effect per idempotency key for ever; totals are frozen; the limit per e-mail address is settled before
any money moves; a cart's order takes every line or none.
Never: waits for a payment provider.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from doorbuster import metrics
from doorbuster.clock import new_id
from doorbuster.database.coalesce import Coalescer
from doorbuster.database.pool import Database, Row
from doorbuster.database.queries import QueryFile
from doorbuster.money import Money
from doorbuster.shop.answers import (
    AlreadyOrdered,
    CartEmpty,
    HoldGone,
    KeyReused,
    LimitReached,
    NoDelivery,
    NothingToPay,
    NotYours,
    OrderWish,
    OutOfStock,
    PlaceAnswer,
    Placed,
    PlacedOrder,
    PriceChanged,
    Replayed,
)
from doorbuster.web.mailboxes import email_key

PAYING_SECONDS = 300
HOLD_SECONDS_MAX = 1_800
"""A hold lasts at most so long from its first second, however often its payment is tried again; or its own time."""

SQL = QueryFile("doorbuster.shop", "placing.sql")
PLACED = metrics.counter("doorbuster_orders_placed_total", "Orders placed, whether they are paid later or not.")


class Placing:
    """Coalesces the orders of one worker: while one batch is committing, the next collects."""

    def __init__(self, database: Database, gateway_name: str, batch_max: int = 128) -> None:
        """Send batches to `database`; payments are made out to the gateway of that name."""
        self._database, self._gateway_name = database, gateway_name
        self._coalescer: Coalescer[OrderWish, PlaceAnswer] = Coalescer(
            "place_orders",
            lambda wishes: place_orders(database, wishes, gateway_name),
            lane=lambda _: "orders",
            conflict=lambda wish: wish.hold_id,
            batch_max=batch_max,
        )

    async def place(self, wish: OrderWish) -> PlaceAnswer:
        """Answer one wish, of a hold in a batch or of a cart alone. Raises Overloaded or DatabaseFault."""
        if wish.cart_id is not None:
            return await place_cart_order(self._database, wish, self._gateway_name)
        return await self._coalescer.submit(wish)

    async def pay_again(self, order_id: UUID) -> Placed | HoldGone | NothingToPay:
        """Open a new attempt to pay an order whose last one failed; an attempt that is still open is kept."""
        row = await self._database.fetch_one(
            SQL.pay_again,
            order_id=order_id,
            payment_id=new_id(),
            gateway=self._gateway_name,
            paying_seconds=PAYING_SECONDS,
            hold_seconds_max=HOLD_SECONDS_MAX,
        )
        assert row is not None
        if row["answer"] == "nothing_to_pay":
            return NothingToPay()
        return HoldGone("expired") if row["answer"] == "hold_gone" else Placed(_order(row))


async def place_orders(database: Database, wishes: Sequence[OrderWish], gateway_name: str) -> list[PlaceAnswer]:
    """Answer wishes on holds, in their order; durable when it returns, and safe to repeat."""
    rows = await database.fetch(
        SQL.place_orders,
        wishes=[_fields(wish, gateway_name) for wish in wishes],
        paying_seconds=PAYING_SECONDS,
        hold_seconds_max=HOLD_SECONDS_MAX,
    )
    return [_counted(_answer(row)) for row in rows]


async def place_cart_order(database: Database, wish: OrderWish, gateway_name: str) -> PlaceAnswer:
    """Answer a wish on a cart; durable when it returns, and safe to repeat."""
    row = await database.fetch_one(
        SQL.place_cart_order, wish=_fields(wish, gateway_name), paying_seconds=PAYING_SECONDS
    )
    assert row is not None
    return _counted(_answer(row))


def _counted(answer: PlaceAnswer) -> PlaceAnswer:
    if isinstance(answer, Placed):
        PLACED.add()
    return answer


def _fields(wish: OrderWish, gateway_name: str) -> dict[str, Any]:
    """Return the wish as the functions read it: the names are those of the columns of `orders`."""
    return {
        "id": wish.order_id,
        "payment_id": wish.payment_id,
        "gateway": gateway_name,
        "secret": wish.secret,
        "customer_key": wish.customer_key,
        "idempotency_key": wish.idempotency_key,
        "request_hash": "\\x" + wish.request_hash.hex(),
        "email": wish.email,
        "email_key": email_key(wish.email),
        "shipping_address": wish.address,
        "hold_id": wish.hold_id,
        "cart_id": wish.cart_id,
        "method_id": wish.shipping_method,
        "expected_total": wish.expected_total.amount if wish.expected_total else None,
        "expected_currency": wish.expected_total.currency if wish.expected_total else None,
    }


def _answer(row: Row) -> PlaceAnswer:
    """Turn a row of place_orders() or place_cart_order() into its answer."""
    match row["answer"]:
        case "placed":
            return Placed(_order(row))
        case "replayed":
            return Replayed(_order(row))
        case "already_ordered":
            return AlreadyOrdered(_order(row))
        case "hold_gone":
            return HoldGone(row["detail"])
        case "limit_reached":
            return LimitReached(row["remaining"])
        case "out_of_stock":
            return OutOfStock(row["detail"], row["remaining"])
        case "no_delivery":
            return NoDelivery(row["detail"])
        case "price_changed":
            return PriceChanged(Money(row["remaining"], row["currency"]))
    return _PLAIN[row["answer"]]


_PLAIN: dict[str, PlaceAnswer] = {"key_reused": KeyReused(), "not_yours": NotYours(), "cart_empty": CartEmpty()}


def _order(row: Row) -> PlacedOrder:
    return PlacedOrder(
        order_id=row["order_id"],
        number=row["number"],
        secret=row["secret"],
        state=row["state"],
        total=Money(row["total_amount"], row["currency"]),
        email=row["email"],
        payment_id=row["payment_id"],
        payment_state=row["payment_state"],
    )
