"""What the pages and the API of checkout reach beside the house's base."""

from typing import Protocol, cast

from starlette.requests import Request

from doorbuster.clock import Clock
from doorbuster.database import Database
from doorbuster.errors import GatewayFault, Throttled
from doorbuster.money import Money
from doorbuster.settings import Settings
from doorbuster.shop.answers import PlacedOrder
from doorbuster.shop.payments import Gateway, Payment
from doorbuster.shop.placing import Placing
from doorbuster.shop.settling import Settling
from doorbuster.web.sessions import Shopper, shopper_of, shopper_or_new


class CheckoutHouse(Protocol):
    """The house as this room sees it; a composition root fills it."""

    @property
    def database(self) -> Database:
        """Return the way to PostgreSQL."""
        ...

    @property
    def clock(self) -> Clock:
        """Return the source of time."""
        ...

    @property
    def settings(self) -> Settings:
        """Return the installation's settings."""
        ...

    @property
    def placing(self) -> Placing:
        """Return what places orders in batches."""
        ...

    @property
    def till(self) -> Database:
        """Return the connections kept for those who pay."""
        ...

    @property
    def settling(self) -> Settling:
        """Return what settles payments in batches."""
        ...

    @property
    def gateway(self) -> Gateway:
        """Return the payment provider."""
        ...


def checkout_house_of(request: Request) -> CheckoutHouse:
    """Return the house that this request came into."""
    return cast(CheckoutHouse, request.state.house)


def known_shopper(request: Request) -> Shopper | None:
    """Return the shopper of the request's cookie, or None."""
    settings = checkout_house_of(request).settings
    return shopper_of(request.headers, settings.secret, settings.secure_cookies)


def shopper_for_write(request: Request) -> Shopper:
    """Return the shopper of the request's cookie, or mint one."""
    settings = checkout_house_of(request).settings
    return shopper_or_new(request.headers, settings.secret, settings.secure_cookies)


def may_be_paid(order: PlacedOrder) -> bool:
    """Say whether an order waits for a payment that can still be made."""
    return order.state == "awaiting_payment" and order.payment_state == "pending"


async def payment_page(house: CheckoutHouse, order: PlacedOrder) -> str | None:
    """Return where to pay an order, or None when it is not open or the gateway gives no answer just now.

    Nothing is lost then: the order stands, its page offers to try again, and asking twice opens one page.
    """
    if not may_be_paid(order):
        return None
    payment = Payment(
        id=order.payment_id,
        order_id=order.order_id,
        order_number=order.number,
        order_secret=order.secret,
        email=order.email,
        amount=Money(order.total.amount, order.total.currency),
    )
    try:
        return (await house.gateway.open_checkout(payment)).url
    except (GatewayFault, Throttled):
        return None


async def way_to_pay(house: CheckoutHouse, order: PlacedOrder) -> str:
    """Return the gateway's page, or else the order's own, which says so when the gateway gives no answer just now."""
    here = f"/orders/{order.order_id}?secret={order.secret}"
    if not may_be_paid(order):
        return here
    return await payment_page(house, order) or f"{here}&payments=slow"
