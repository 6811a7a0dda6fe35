"""What a shop with one sale must do, in plain Python: no SQL, no time, no concurrency. Read it and believe it.

A hold is `held`, `paying`, `sold`, `released` or `expired`; `over` says that its time has passed without anybody having
noticed yet. Every answer is the name of the answer that the engine must give.
"""

from dataclasses import dataclass, field

LIVING = ("held", "paying")


@dataclass
class Hold:
    who: str
    key: str
    quantity: int
    state: str = "held"
    over: bool = False
    mail: str = ""


@dataclass
class Payment:
    amount: int
    state: str = "pending"
    refunds: list["Refund"] = field(default_factory=list)

    def left(self) -> int:
        return self.amount - sum(refund.amount for refund in self.refunds)

    def given_back(self) -> int:
        return sum(refund.amount for refund in self.refunds if refund.state == "done")


@dataclass
class Refund:
    amount: int
    state: str = "due"


@dataclass
class Order:
    hold: Hold
    key: str
    total: int
    payments: list[Payment]
    state: str = "awaiting_payment"


@dataclass
class Model:
    units: int
    limit: int
    holds: list[Hold] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def held(self) -> int:
        return sum(hold.quantity for hold in self.holds if hold.state in LIVING)

    def sold(self) -> int:
        return sum(hold.quantity for hold in self.holds if hold.state == "sold")

    def left(self) -> int:
        return self.units - self.held() - self.sold()

    def has(self, name: str) -> int:
        """How many units count for a session or an e-mail address."""
        counted = [hold for hold in self.holds if name in (hold.who, hold.mail) and hold.state in (*LIVING, "sold")]
        return sum(hold.quantity for hold in counted)

    def claim(self, who: str, key: str, quantity: int) -> str:
        left = self.left()
        if left == 0 and self.held():
            self.sweep()  # for those who come next
        if earlier := next((hold for hold in self.holds if (hold.who, hold.key) == (who, key)), None):
            return "Replayed" if earlier.quantity == quantity else "KeyReused"
        if any(hold.who == who and hold.state in LIVING and not hold.over for hold in self.holds):
            return "AlreadyYours"
        if self.has(who) + quantity > self.limit:
            return "LimitReached"
        if quantity > left:
            return "AllHeld" if self.held() or self.left() > left else "SoldOut"
        self.holds.append(Hold(who, key, quantity))
        return "Held"

    def release(self, hold: Hold) -> bool:
        if hold.state != "held":
            return False
        hold.state = "released"
        return True

    def sweep(self) -> None:
        for hold in self.holds:
            if hold.over and hold.state in LIVING:
                hold.state = "expired"

    def place(self, hold: Hold, key: str, mail: str, total: int) -> str:
        if earlier := next((order for order in self.orders if (order.hold.who, order.key) == (hold.who, key)), None):
            return "Replayed" if (earlier.hold, earlier.hold.mail) == (hold, mail) else "KeyReused"
        if any(order.hold is hold for order in self.orders):
            return "AlreadyOrdered"
        if hold.state != "held" or hold.over:
            return "HoldGone"
        if self.has(mail) + hold.quantity > self.limit:
            return "LimitReached"
        hold.state, hold.mail = "paying", mail
        self.orders.append(Order(hold, key, total, [Payment(total)]))
        return "Placed"

    def pay_again(self, order: Order) -> str:
        if order.state != "awaiting_payment":
            return "NothingToPay"
        if order.hold.state not in LIVING or order.hold.over:
            return "HoldGone"
        if not any(payment.state == "pending" for payment in order.payments):
            order.payments.append(Payment(order.total))
        order.hold.state = "paying"
        return "Placed"

    def settle(self, order: Order, payment: Payment, kind: str) -> str:
        if kind != "captured":
            if payment.state != "pending":
                return "duplicate"
            payment.state = "cancelled" if kind == "expired" else "failed"
            order.hold.state = "held" if order.hold.state == "paying" else order.hold.state
            return "not_paid"
        if payment.state not in ("pending", "failed", "cancelled"):
            return "duplicate"
        if order.state == "awaiting_payment" and self._to_be_had(order.hold):
            payment.state, order.state = "captured", "paid"
            order.hold.state, order.hold.over = "sold", False
            return "settled"
        if order.state == "awaiting_payment":
            self._end_unpaid(order)
        payment.state = "refund_due"
        payment.refunds.append(Refund(payment.amount))
        return "sent_back"

    def _to_be_had(self, hold: Hold) -> bool:
        if hold.state in LIVING:
            return True
        fits = all(self.has(name) + hold.quantity <= self.limit for name in (hold.who, hold.mail))
        return fits and hold.quantity <= self.left()

    def _end_unpaid(self, order: Order) -> None:
        order.state = "cancelled"
        if order.hold.state in LIVING:
            order.hold.state = "released"
        for payment in order.payments:
            if payment.state == "pending":
                payment.state = "cancelled"

    def cancel(self, order: Order) -> str:
        if order.state == "awaiting_payment":
            self._end_unpaid(order)
        elif order.state == "paid":
            self.refund(order, None, restock=True)
            self._restock(order)
            order.state = "cancelled"
        else:
            return "NotPossible"
        return "Cancelled"

    def refund(self, order: Order, amount: int | None, restock: bool) -> str:
        payment = next((each for each in order.payments if each.state == "captured"), None)
        if payment is None:
            return "NotPossible"
        wanted = payment.left() if amount is None else amount
        if not 1 <= wanted <= payment.left():
            return "TooMuch"
        payment.refunds.append(Refund(wanted))
        if payment.left() == 0:
            payment.state = "refund_due"
        if restock:
            self._restock(order)
        return "RefundAsked"

    def _restock(self, order: Order) -> None:
        if order.hold.state == "sold":
            order.hold.state = "released"

    def complete(self, order: Order, payment: Payment, refund: Refund) -> bool:
        if refund.state != "due":
            return False
        refund.state = "done"
        if payment.given_back() == payment.amount:
            payment.state = "refunded"
            if not any(each.state in ("captured", "refund_due") for each in order.payments):
                order.state = "refunded"
        return True

    def fulfil(self, order: Order) -> str:
        if order.state != "paid" or order.hold.state != "sold":
            return "NotPossible"
        if not any(payment.state == "captured" for payment in order.payments):
            return "NotPossible"
        order.state = "fulfilled"
        return "Fulfilled"
