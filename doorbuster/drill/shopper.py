"""What one shopper does: look around, wait for the opening, claim, order, pay; or leave.

Promises: every choice is drawn from the seed and the shopper's number; an answer that says "wait" is obeyed; a claim
that got no answer is repeated with its own key only.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from hashlib import blake2b

from doorbuster.drill.answers import HONEST_NO, HONEST_WAIT, kind_of, wait_seconds
from doorbuster.drill.browser import Stopwatch
from doorbuster.drill.client import Broken, Reply
from doorbuster.drill.plan import Plan
from doorbuster.drill.record import Promise, PromiseKind, Record
from doorbuster.drill.visitor import Left, Visitor, journey_of
from doorbuster.drill.waiting_room import ApiRoom, FormRoom, Patience, leads_to_room, wait_in
from doorbuster.drill.ways import ApiWay, FormWay, Purchase, Way, is_paid, payment_page

POLL_PAID_SECONDS = 0.1
INSISTENT_TRIES = 4
TRY_AGAIN_LATER = frozenset({"Busy", "Unavailable"})


class Shopper(Visitor):
    """A visitor who comes for the sale: the whole visit, or nothing but the purchase."""

    def __init__(self, plan: Plan, number: int, arrives: float, record: Record, watch: Stopwatch) -> None:
        """Draw the habits; nothing is sent yet."""
        super().__init__(plan, number, arrives, record, watch)
        self._hurries = journey_of(plan, number) == "purchase"
        self._keys = 0

    async def _go(self) -> None:
        self._way = self._chosen_way()
        if "hoards" in self._habits:
            await self._hoard()
        await (self._shortest() if self._hurries else self._visit())

    def _chosen_way(self) -> Way:
        kind = FormWay if "uses_plain_forms" in self._habits else ApiWay
        return kind(self._browser, self._plan.shop, self._plan.sale, f"shopper-{self._number}@drill.example")

    async def _visit(self) -> None:
        if "browses_first" in self._habits:
            await self._browse()
        await self._wait_for_opening()
        await self._buy()

    async def _shortest(self) -> None:
        self._next = max(self._next, self._opens)
        await self._buy()

    async def _browse(self) -> None:
        sale = self._plan.sale
        await self._look("home", "/")
        if sale.collection:
            await self._look("collection", f"/collections/{sale.collection}")
        if sale.product:
            await self._look("product", f"/products/{sale.product}")

    async def _wait_for_opening(self) -> None:
        page = await self._look("sale", f"/sales/{self._plan.sale.handle}")
        if f'/sales/{self._plan.sale.handle}/room"'.encode() in page:
            await self._wait_in_room()
            return
        poll = self._plan.pace.poll_seconds
        self._next = self._watch.now() + poll * self._chance.uniform(0.1, 1.0)
        while self._next < self._opens:
            await self._look("status", f"/api/v1/sales/{self._plan.sale.id}/status", think=False)
            self._next += poll * self._chance.uniform(0.75, 1.25)
        reaction = self._chance.expovariate(1 / self._plan.pace.reaction_seconds)
        self._next = max(self._watch.now(), self._opens) + reaction

    async def _wait_in_room(self) -> None:
        """Go through the waiting room, with patience from the opening on; the claim that follows is planned then."""
        plan = self._plan
        plain = isinstance(self._way, FormWay)
        room = (
            FormRoom(self._browser, plan.shop, plan.sale, plan.pace.poll_seconds) if plain
            else ApiRoom(self._browser, plan.shop, plan.sale, self._opens)
        )  # fmt: skip
        ends = max(self._next, self._opens) + plan.pace.patience_seconds
        patience = Patience(self._next, ends, self._watch.now, self._chance)
        await wait_in(room, patience, self._new_key(), self._new_key())
        self._next = self._watch.now()

    def _think(self) -> None:
        if self._hurries:
            self._next = self._watch.now()
        else:
            super()._think()

    async def _buy(self) -> None:
        self._claim_planned = self._next
        self._browser.deadline = self._next + self._plan.pace.patience_seconds
        hold_id = await self._claim()
        if "leaves_hold" in self._habits:
            raise Left("left_on_purpose")
        self._think()
        if not self._hurries:
            # Nobody walks away from a unit just because it took long to get it.
            self._browser.deadline = self._next + self._plan.pace.patience_seconds
        purchase = await self._order(hold_id)
        self._think()
        await self._pay(purchase)
        await self._read_until_paid(purchase)

    async def _hoard(self) -> None:
        """Hold, never pay, and hold again as somebody else, until everything is sold or the patience is over."""
        self._next = self._claim_planned = max(self._next, self._opens)
        self._browser.deadline = self._next + self._plan.pace.patience_seconds
        self._if_patience_ends = "hoarded"
        way = ApiWay(self._browser, self._plan.shop, self._plan.sale, f"hoarder-{self._number}@drill.example")
        while self._next < self._browser.deadline:
            self._browser.forget_who_i_am()
            key = self._new_key()
            with suppress(Broken):
                reply = await way.claim(self._next, key)
                if hold_id := way.held(reply):
                    self._record.promises.append(Promise(self._number, "hold", hold_id, key, self._watch.now()))
                elif kind_of("hold", reply) == "SoldOut":
                    break
            self._wait(self._plan.pace.retry_seconds)
        raise Left("hoarded")

    async def _claim(self) -> str:
        """Claim until a unit is held or an honest last word came."""
        key = self._new_key()
        await self._stumble(key)
        tries_left = INSISTENT_TRIES if "insists_when_sold_out" in self._habits else 0
        while True:
            reply = await self._patiently(lambda: self._way.claim(self._next, key), "hold")
            if leads_to_room("hold", reply):
                await self._wait_in_room()
                self._browser.deadline = self._next + self._plan.pace.patience_seconds
                continue
            if hold_id := self._way.held(reply):
                known_key = key if isinstance(self._way, ApiWay) else ""
                self._record.promises.append(Promise(self._number, "hold", hold_id, known_key, self._watch.now()))
                return hold_id
            if kind_of("hold", reply) not in HONEST_NO:
                raise Left("failed")
            if not tries_left:
                raise Left("told_sold_out")
            tries_left -= 1
            self._if_patience_ends = "told_sold_out"
            self._wait(self._plan.pace.retry_seconds)

    async def _stumble(self, key: str) -> None:
        """Lose the connection after a first claim, or click twice; either way the key stays the same."""
        if not isinstance(self._way, ApiWay):
            return
        if "drops_connection" in self._habits:
            with suppress(Broken):
                await self._way.claim_and_hang_up(self._next, key)
            self._next = self._watch.now()
        if "double_clicks" in self._habits:
            await self._click_twice(self._way, key)

    async def _click_twice(self, way: ApiWay, key: str) -> None:
        """Claim twice at the same time: whoever is answered with a hold must be answered with the same one."""
        clicks = (way.claim(self._next, key), way.claim(self._next, key))
        replies = await asyncio.gather(*clicks, return_exceptions=True)
        held = {way.held(reply) for reply in replies if isinstance(reply, Reply)} - {""}
        if len(held) > 1:
            self._record.broken_promises.append(f"one key, two holds: {' and '.join(sorted(held))}")
        self._next = self._watch.now()

    async def _order(self, hold_id: str) -> Purchase:
        key = self._new_key()
        reply = await self._patiently(lambda: self._way.order(self._next, hold_id, key), "order")
        purchase = self._way.ordered(reply, hold_id, key)
        if purchase is None:
            raise Left("failed")
        if purchase.order_id:
            self._promise_order("order", purchase)
        return purchase

    async def _pay(self, purchase: Purchase) -> None:
        """Pay on the gateway's own page, where a declined card may be followed by another one."""
        await self._find_payment_page(purchase)
        outcomes = ["decline", "approve"] if "card_declined_first" in self._habits else ["approve"]
        for outcome in outcomes:
            reply = await self._patiently(partial(self._send_payment, purchase, outcome), "pay")
            back = reply.header(b"location")
            purchase.learn_from(back)
            if outcome == "decline":
                self._think()
        if not purchase.order_id:
            raise Left("failed")

    async def _find_payment_page(self, purchase: Purchase) -> None:
        """Ask for a page to pay at as often as patience allows, where the shop's provider gave none with the order."""
        url = f"{self._plan.shop}/api/v1/orders/{purchase.order_id}/payments"
        while not purchase.payment_url:
            self._if_patience_ends = "gave_up"
            self._wait(self._plan.pace.retry_seconds)
            key = self._new_key()
            reply = await self._patiently(
                lambda key=key: self._browser.ask(  # type: ignore[misc]
                    "order",
                    "POST",
                    url,
                    planned=self._next,
                    body="",
                    type="application/json",
                    key=key,
                    secret=purchase.secret,
                ),
                "order",
            )
            if reply.status not in (200, 201):
                raise Left("failed")
            purchase.payment_url = payment_page(reply)

    async def _send_payment(self, purchase: Purchase, outcome: str) -> Reply:
        return await self._browser.ask(
            "pay", "POST", purchase.payment_url, planned=self._next, body=f"outcome={outcome}",
            type="application/x-www-form-urlencoded", accept="text/html",
        )  # fmt: skip

    async def _read_until_paid(self, purchase: Purchase) -> None:
        url = f"{self._plan.shop}/api/v1/orders/{purchase.order_id}"
        pause = POLL_PAID_SECONDS
        while True:
            reply = await self._patiently(lambda: self._ask_order(url, purchase.secret), "read")
            if reply.status != 200:
                raise Left("failed")
            if is_paid(reply, purchase):
                return self._promise_order("paid", purchase)
            self._wait(pause)
            pause *= 1.5

    async def _ask_order(self, url: str, secret: str) -> Reply:
        return await self._browser.ask("read", "GET", url, planned=self._next, secret=secret)

    async def _patiently(self, ask: Callable[[], Awaitable[Reply]], step: str) -> Reply:
        """Ask until there is an answer that is neither "wait" nor a breakdown, or the patience is over."""
        while True:
            self._hold_on()
            try:
                reply = await ask()
            except Broken as fault:
                if fault.kind in ("TimedOut", "Garbled"):
                    raise
                self._if_patience_ends = "gave_up"
                self._wait(self._plan.pace.retry_seconds / 4)
                continue
            told_to_wait = kind_of(step, reply) in HONEST_WAIT and not leads_to_room(step, reply)
            self._if_patience_ends = "told_to_wait" if told_to_wait else "gave_up"
            if not told_to_wait and reply.status < 500:
                self._next = self._watch.now()
                return reply
            self._wait(max(wait_seconds(reply, 0.0), self._plan.pace.retry_seconds))

    def _hold_on(self) -> None:
        if self._next >= self._browser.deadline:
            raise Left(self._if_patience_ends)

    def _promise_order(self, what: PromiseKind, purchase: Purchase) -> None:
        self._record.promises.append(
            Promise(
                self._number, what, purchase.order_id, purchase.key, self._watch.now(),
                number=purchase.number, total=purchase.total, hold_id=purchase.hold_id,
            )
        )  # fmt: skip

    def _new_key(self) -> str:
        """Make an Idempotency-Key: repeatable for this sale and seed, unlike any other shopper's."""
        self._keys += 1
        text = f"{self._plan.sale.id}/{self._plan.seed}/{self._number}/{self._keys}"
        return "drill-" + blake2b(text.encode(), digest_size=16).hexdigest()
