"""What follows an order in the background: its mails, its refunds, and word to the operators when money is odd.

Promises: each handler may run twice and takes effect once.
Never: is waited for by a shopper.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from doorbuster.database import Database
from doorbuster.errors import GatewayFault
from doorbuster.jobs.mail import Mail, Mailer
from doorbuster.jobs.worker import Handler
from doorbuster.money import Money
from doorbuster.settings import Settings
from doorbuster.shop.discrepancies import Tell
from doorbuster.shop.orders import Order, order_by_id
from doorbuster.shop.payments import Gateway, Refunded, payment_from
from doorbuster.shop.provider_news import news_from, take_news
from doorbuster.shop.returning import SQL, complete_refund, fail_refund
from doorbuster.web.pages import Pages

SILENT_REASONS = frozenset({"not_paid_in_time", "cancelled_by_shopper"})
"""Why an order may end without a mail: the shopper left, or did it."""


@dataclass(frozen=True, slots=True)
class OrderJobs:
    """The handlers of a shop's jobs, with what they reach."""

    database: Database
    gateway: Gateway
    mailer: Mailer
    pages: Pages
    settings: Settings
    tell: Tell

    def handlers(self) -> dict[str, Handler]:
        """Return the handler of every kind of job that this room asks for."""
        return {
            "order_paid": self.order_paid,
            "order_cancelled": self.order_cancelled,
            "order_refunded": self.order_refunded,
            "order_fulfilled": self.order_fulfilled,
            "refund": self.refund,
            "payment_mismatch": self.payment_mismatch,
            "provider_news": self.provider_news,
        }

    async def order_paid(self, payload: Mapping[str, Any]) -> None:
        """Confirm a paid order."""
        order = await self._order(payload)
        await self._mail(order, f"order-paid:{order.id}", "Your order {number} is confirmed", "shop/mails/paid")

    async def order_cancelled(self, payload: Mapping[str, Any]) -> None:
        """Say that an order was cancelled, unless its shopper did it or left."""
        order = await self._order(payload)
        if order.cancel_reason not in SILENT_REASONS:
            key = f"order-cancelled:{order.id}"
            await self._mail(order, key, "Your order {number} was cancelled", "shop/mails/cancelled")

    async def order_refunded(self, payload: Mapping[str, Any]) -> None:
        """Say that money went back."""
        order = await self._order(payload)
        row = await self.database.fetch_one(SQL.refund_due, refund_id=UUID(payload["refund_id"]))
        amount = Money(row["refund_amount"], row["currency"]) if row else order.total
        key = f"order-refunded:{payload['refund_id']}"
        await self._mail(order, key, "Your money for order {number} is on its way", "shop/mails/refunded", amount)

    async def order_fulfilled(self, payload: Mapping[str, Any]) -> None:
        """Say that the parcel left."""
        order = await self._order(payload)
        key = f"order-fulfilled:{order.id}"
        await self._mail(order, key, "Your order {number} is on its way", "shop/mails/fulfilled")

    async def refund(self, payload: Mapping[str, Any]) -> None:
        """Have the gateway give money back; its idempotency key is the refund's id, so twice is once.

        A refusal of the gateway is final until an operator has it tried again, under a new key.
        """
        refund_id = UUID(payload["refund_id"])
        row = await self.database.fetch_one(SQL.refund_due, refund_id=refund_id)
        if row is None or row["state"] != "due":
            return
        payment = payment_from(row)
        if payment.gateway_ref is None:
            raise GatewayFault("the payment has no reference at the gateway to refund it by")
        amount = Money(row["refund_amount"], row["currency"])
        answer = await self.gateway.refund(payment, amount, refund_id, row["retries"])
        if isinstance(answer, Refunded):
            await complete_refund(self.database, refund_id, answer.reference)
        elif await fail_refund(self.database, refund_id, answer.why):
            await self.tell("refund.failed", f"order:{payment.order_number}", {"why": answer.why})

    async def payment_mismatch(self, payload: Mapping[str, Any]) -> None:
        """Tell the operators that the gateway reports another amount than the order's."""
        await self.tell("payment.mismatch", f"payment:{payload['payment_id']}", dict(payload))

    async def provider_news(self, payload: Mapping[str, Any]) -> None:
        """Let what the provider did by itself take effect."""
        await take_news(self.database, news_from(dict(payload)), self.tell)

    async def _order(self, payload: Mapping[str, Any]) -> Order:
        order = await order_by_id(self.database, UUID(payload["order_id"]))
        assert order is not None, "a job never outlives its order"
        return order

    async def _mail(self, order: Order, key: str, subject: str, template: str, amount: Money | None = None) -> None:
        link = f"{self.settings.shop_url}/orders/{order.id}?secret={order.secret}"
        facts = {"order": order, "link": link, "amount": amount or order.total}
        await self.mailer.send(
            Mail(
                effect_key=key,
                recipient=order.email,
                subject=subject.format(number=order.number) + f" · {self.settings.shop_name}",
                text_body=self.pages.render(f"{template}.txt", **facts),
                html_body=self.pages.render(f"{template}.html", **facts),
            )
        )
