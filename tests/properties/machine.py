"""A random history: hypothesis chooses what happens next, the engine and the model do it, and both must agree."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from doorbuster.clock import new_secret
from doorbuster.database import open_database
from doorbuster.sale.expiry import sweep
from doorbuster.sale.holds import Caller, Claim, claim_batch, release
from doorbuster.shop.answers import Placed, PlacedOrder
from doorbuster.shop.payments import Event
from doorbuster.shop.placing import Placing, place_orders
from doorbuster.shop.returning import (
    RefundAsked,
    ask_refund,
    cancel_order,
    complete_refund,
    fail_refund,
    fulfil_order,
    retry_refund,
)
from doorbuster.shop.settling import settle_payments
from tests.properties.model import Hold, Model, Order, Payment, Refund
from tests.rooms.shop.conftest import Scene, event, wish

UNITS, LIMIT = 4, 2
WHO = st.sampled_from(["ada", "bob", "cyd", "dan"])
MAIL = st.sampled_from(["x@example.com", "y@example.com"])
KEY = st.sampled_from([f"key-{n}" for n in range(4)])
QUANTITY = st.integers(1, 3)
WHICH = st.integers(0, 30)
KIND = st.sampled_from(["captured", "captured", "failed", "expired"])


class Shop(RuleBasedStateMachine):
    """One shop with one sale of four units, two for each customer; `url` is an empty database of its own."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(UNITS, LIMIT)
        self.hold_ids: list[UUID] = []
        self.placed: list[list[PlacedOrder]] = []
        self.refund_ids: dict[int, UUID] = {}
        self.events: list[tuple[Event, Order, Payment]] = []
        self.loop = asyncio.Runner()
        self.loop.run(self._open())

    async def _open(self) -> None:
        self._exit = open_database(self.url, connections=2, application="history")
        self.database = await self._exit.__aenter__()
        self.watcher = await asyncpg.connect(self.url)
        self.scene = Scene(self.database, self.url)
        self.sale = await self.scene.open_sale(units=UNITS, limit=LIMIT)
        # Everybody comes from a network of their own that is counted; its bound is tested by itself.
        await self.watcher.execute("UPDATE sales SET network_share_percent = 100")

    def teardown(self) -> None:
        self.loop.run(self._close())
        self.loop.close()

    async def _close(self) -> None:
        try:
            await self.scene.books_balance()
        finally:
            await self.watcher.close()
            await self._exit.__aexit__(None, None, None)

    def does(self, work: Any) -> Any:
        """Do it; then let every memory of what was sold out lapse, as 1.2 s would."""

        async def both() -> Any:
            answer = await work
            await self.watcher.execute("UPDATE stock_pools SET reopens_at = '-infinity' WHERE reopens_at > now()")
            return answer

        return self.loop.run(both())

    @rule(who=WHO, key=KEY, quantity=QUANTITY)
    def claim(self, who: str, key: str, quantity: int) -> None:
        claim = Claim(
            self.sale, self.scene.variants["lamp"], quantity, Caller("s:" + who, key.ljust(16, "_"), network="n:" + who)
        )
        (answer,) = self.does(claim_batch(self.database, [claim]))
        assert answer.name == self.model.claim(who, key, quantity)
        if answer.name == "Held":
            self.hold_ids.append(answer.hold.id)

    @precondition(lambda self: self.model.holds)
    @rule(which=WHICH)
    def give_back(self, which: int) -> None:
        hold, hold_id = self._hold(which)
        assert self.does(release(self.database, hold_id, "s:" + hold.who)) == self.model.release(hold)

    @precondition(lambda self: self.model.holds)
    @rule(which=WHICH)
    def time_passes(self, which: int) -> None:
        hold, hold_id = self._hold(which)
        past = "UPDATE holds SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1"
        self.does(self.watcher.execute(past, hold_id))
        hold.over = True

    @rule()
    def sweep(self) -> None:
        self.does(sweep(self.database))
        self.model.sweep()

    @precondition(lambda self: self.model.holds)
    @rule(which=WHICH, key=KEY, mail=MAIL)
    def place(self, which: int, key: str, mail: str) -> None:
        hold, hold_id = self._hold(which)
        asked = wish(
            hold.who, hold_id=hold_id, email=mail, idempotency_key=key, request_hash=f"{hold_id}{mail}".encode()
        )
        (answer,) = self.does(place_orders(self.database, [asked], "hosted"))
        total = answer.order.total.amount if isinstance(answer, Placed) else 0
        assert type(answer).__name__ == self.model.place(hold, key, mail, total)
        if isinstance(answer, Placed):
            self.placed.append([answer.order])

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH)
    def pay_again(self, which: int) -> None:
        order, placed = self._order(which)
        attempts = len(order.payments)
        answer = self.does(Placing(self.database, "hosted").pay_again(placed[0].order_id))
        assert type(answer).__name__ == self.model.pay_again(order)
        if len(order.payments) > attempts:
            placed.append(answer.order)

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH, attempt=WHICH, kind=KIND)
    def settle(self, which: int, attempt: int, kind: str) -> None:
        order, placed = self._order(which)
        number = attempt % len(order.payments)
        told = event(placed[number], kind)
        (settlement,) = self.does(settle_payments(self.database, [told]))
        assert settlement.answer == self.model.settle(order, order.payments[number], kind)
        self.events.append((told, order, order.payments[number]))
        self._learn_refunds()

    @precondition(lambda self: self.events)
    @rule(which=WHICH)
    def an_event_comes_again(self, which: int) -> None:
        told, _, _ = self.events[which % len(self.events)]
        (settlement,) = self.does(settle_payments(self.database, [told]))
        assert settlement.answer == "duplicate"

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        order, placed = self._order(which)
        answer = self.does(cancel_order(self.database, placed[0].order_id, "no"))
        assert type(answer).__name__ == self.model.cancel(order)
        self._learn_refunds()

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH, amount=st.sampled_from([None, None, 1, 500, 5_000]), restock=st.booleans())
    def refund(self, which: int, amount: int | None, restock: bool) -> None:
        order, placed = self._order(which)
        answer = self.does(ask_refund(self.database, placed[0].order_id, amount, "no", restock))
        assert type(answer).__name__ == self.model.refund(order, amount, restock)
        if isinstance(answer, RefundAsked):
            self._learn_refunds()

    @precondition(lambda self: self.refund_ids)
    @rule(which=WHICH)
    def money_goes_back(self, which: int) -> None:
        order, payment, refund = self._refund(which)
        done = self.does(complete_refund(self.database, self.refund_ids[id(refund)], "re_" + new_secret()))
        assert done == self.model.complete(order, payment, refund)

    @precondition(lambda self: self.refund_ids)
    @rule(which=WHICH)
    def the_provider_refuses(self, which: int) -> None:
        _, _, refund = self._refund(which)
        assert self.does(fail_refund(self.database, self.refund_ids[id(refund)], "no")) == (refund.state == "due")
        refund.state = "failed" if refund.state == "due" else refund.state

    @precondition(lambda self: self.refund_ids)
    @rule(which=WHICH)
    def try_again(self, which: int) -> None:
        order, _, refund = self._refund(which)
        order_id = self.placed[self.model.orders.index(order)][0].order_id
        assert self.does(retry_refund(self.database, order_id, self.refund_ids[id(refund)])) == (
            refund.state == "failed"
        )
        refund.state = "due" if refund.state == "failed" else refund.state

    @precondition(lambda self: self.model.orders)
    @rule(which=WHICH)
    def fulfil(self, which: int) -> None:
        order, placed = self._order(which)
        answer = self.does(fulfil_order(self.database, placed[0].order_id, None))
        assert type(answer).__name__ == self.model.fulfil(order)

    @invariant()
    def units_agree(self) -> None:
        (row,) = self._rows("SELECT on_hand, held, sold FROM stock_pools WHERE sale_id = $1", self.sale.id)
        assert tuple(row) == (UNITS, self.model.held(), self.model.sold())

    @invariant()
    def limits_agree(self) -> None:
        rows = self._rows("SELECT customer_key AS key, held + sold AS has FROM sale_customers WHERE held + sold > 0")
        counted = {
            key: n
            for key in ("ada", "bob", "cyd", "dan", "x@example.com", "y@example.com")
            if (n := self.model.has(key))
        }
        assert {row["key"][2:]: row["has"] for row in rows} == counted

    @invariant()
    def orders_and_money_agree(self) -> None:
        rows = self._rows(
            "SELECT o.state, array_agg((p.state || ' ' || p.refunded_amount) ORDER BY p.created_at, p.id) AS payments"
            "  FROM orders o JOIN payments p ON p.order_id = o.id GROUP BY o.id ORDER BY o.number"
        )
        assert [(row["state"], row["payments"]) for row in rows] == [
            (order.state, [f"{payment.state} {payment.given_back()}" for payment in order.payments])
            for order in self.model.orders
        ]

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        found: list[Any] = self.loop.run(self.watcher.fetch(statement, *values))
        return found

    def _hold(self, which: int) -> tuple[Hold, UUID]:
        number = which % len(self.model.holds)
        return self.model.holds[number], self.hold_ids[number]

    def _order(self, which: int) -> tuple[Order, list[PlacedOrder]]:
        number = which % len(self.model.orders)
        return self.model.orders[number], self.placed[number]

    def _refund(self, which: int) -> tuple[Order, Payment, Refund]:
        known = [
            (order, payment, refund)
            for order in self.model.orders
            for payment in order.payments
            for refund in payment.refunds
        ]
        return known[which % len(known)]

    def _learn_refunds(self) -> None:
        """Learn the ids that new refunds of the model have in the database: both list them in the same order."""
        for order, placed in zip(self.model.orders, self.placed, strict=True):
            for payment, attempt in zip(order.payments, placed, strict=True):
                rows = self._rows(
                    "SELECT id FROM refunds WHERE payment_id = $1 ORDER BY created_at, id", attempt.payment_id
                )
                assert len(rows) == len(payment.refunds)
                for row, refund in zip(rows, payment.refunds, strict=True):
                    self.refund_ids[id(refund)] = row["id"]
