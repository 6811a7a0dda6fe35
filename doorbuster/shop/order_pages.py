"""The order page by secret link: what became of the payment, what was bought, and what may still be done."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.shop import answers
from doorbuster.shop.addresses import countries
from doorbuster.shop.house import checkout_house_of, known_shopper, way_to_pay
from doorbuster.shop.orders import Order, order_of_shopper
from doorbuster.shop.returning import cancel_order
from doorbuster.web.pages import show

CHECKING_SECONDS = 60
REFRESH_SECONDS = 3


async def order_show(request: Request) -> Response:
    """Show an order to its owner or to whoever has its secret link; to everybody else there is none."""
    order, now = await _order_of(request), checkout_house_of(request).clock.now()
    view = view_of(order)
    if view == "checking" and request.query_params.get("payments") == "slow":
        view = "slow"
    response = show(
        request, "shop/order.html", order=order, view=view, now=now, country=countries().get(order.address.country, "")
    )
    if view == "checking" and (now - order.placed_at).total_seconds() < CHECKING_SECONDS:
        response.headers["refresh"] = str(REFRESH_SECONDS)
    return response


async def payment_create(request: Request) -> Response:
    """Try to pay an order (again): on to the gateway, or back to the order's page, which says why not."""
    house, order = checkout_house_of(request), await _order_of(request)
    back = f"/orders/{order.id}?secret={order.secret}"
    match await house.placing.pay_again(order.id):
        case answers.Placed(placed):
            return RedirectResponse(await way_to_pay(house, placed), 303)
        case answers.HoldGone() | answers.NothingToPay():
            return RedirectResponse(back, 303)


async def cancel_create(request: Request) -> Response:
    """Cancel an order that was not paid yet; its units are for sale again at once."""
    house, order = checkout_house_of(request), await _order_of(request)
    if order.state == "awaiting_payment":
        await cancel_order(house.till, order.id, "cancelled_by_shopper")
    return RedirectResponse(f"/orders/{order.id}?secret={order.secret}", 303)


def view_of(order: Order) -> str:
    """Return which of the page's faces an order shows."""
    if order.state != "awaiting_payment":
        return order.state
    if order.pay_until is None:
        return "too_late"
    return "checking" if order.payment and order.payment.state == "pending" else "declined"


async def _order_of(request: Request) -> Order:
    shopper = known_shopper(request)
    order_id: UUID = request.path_params["id"]
    secret = request.query_params.get("secret", "").replace("\0", "")
    order = await order_of_shopper(checkout_house_of(request).till, order_id, secret, shopper.key if shopper else None)
    if order is None:
        raise HTTPException(404, "There is no such order, or this link is not complete. It is in your mail.")
    return order
