"""Orders for programs: place one, look at it, try to pay it again."""

from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.clock import new_id, new_secret
from doorbuster.money import Money
from doorbuster.sale.hold_api import PROBLEMS as SALE_PROBLEMS
from doorbuster.shop import answers
from doorbuster.shop.addresses import Address, complaints, tidy
from doorbuster.shop.answers import OrderWish, PlaceAnswer, PlacedOrder, Refusal
from doorbuster.shop.house import checkout_house_of, known_shopper, payment_page
from doorbuster.shop.orders import Order, OrderState, PaymentState, order_of_shopper
from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Amount, Answer, Endpoint, answer
from doorbuster.web.inputs import Body
from doorbuster.web.pages import iso
from doorbuster.web.passes import give_pass
from doorbuster.web.problems import Refused, declare, problem

Text = Annotated[str, Meta(max_length=120)]


class AddressBody(Body, frozen=True):
    """Where the parcel goes; `country` is an ISO 3166 two-letter code."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    line1: Annotated[str, Meta(min_length=1, max_length=120)]
    city: Annotated[str, Meta(min_length=1, max_length=120)]
    country: Annotated[str, Meta(min_length=2, max_length=2)]
    line2: Text = ""
    postcode: Text = ""


class PaymentBody(Body, frozen=True):
    """How to pay; `hosted` is the provider's own page."""

    method: Literal["hosted"] = "hosted"


class OrderBody(Body, frozen=True):
    """What to order: exactly one of `hold_id` and `cart_id`. `total`, if given, must be what it comes to."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    shipping_address: AddressBody
    hold_id: UUID | None = None
    cart_id: UUID | None = None
    shipping_method_id: UUID | None = None
    total: Amount | None = None
    payment: PaymentBody = PaymentBody()


class OrderPayment(Answer, frozen=True):
    """The newest attempt to pay; the shopper pays at `redirect_url`, null when there is nothing to pay just now."""

    state: PaymentState
    redirect_url: str | None = None


class OrderPlaced(Answer, frozen=True):
    """An order as it was placed; `secret` shows it to whoever has it."""

    id: UUID
    number: int
    state: OrderState
    total: Amount
    secret: str
    payment: OrderPayment


class OrderLineDetail(Answer, frozen=True):
    """One line; `tax` is the part of the line's price that is tax."""

    sku: str
    title: str
    quantity: int
    unit_price: Amount
    tax: Amount


class OrderDetail(Answer, frozen=True):
    """An order; amounts include tax."""

    id: UUID
    number: int
    state: OrderState
    placed_at: str
    paid_at: str | None
    pay_until: str | None
    items: Amount
    shipping: Amount
    tax: Amount
    total: Amount
    shipping_method: str
    tracking: str | None
    lines: list[OrderLineDetail]
    payment: OrderPayment | None


HOLD_GONE = declare("hold-gone", 409, "The hold is no more", "It has expired or was given back. Claim a new one.")
ALREADY_ORDERED = declare(
    "already-ordered", 409, "It was ordered before",
    "The hold or cart was ordered with another key; `order_id` names the order. Nothing was done.",
)  # fmt: skip
CART_EMPTY = declare("cart-empty", 409, "The cart is empty", "Put something that can be bought into it first.")
OUT_OF_STOCK = declare("out-of-stock", 409, "Not enough in stock", "Of `sku` only `left` are left. Nothing was taken.")
NO_DELIVERY = declare("no-delivery", 409, "Nothing delivers there", "No delivery method reaches `country`.")
TOTAL_CHANGED = declare("total-changed", 409, "The total has changed", "`total` is the total now. Nothing was taken.")
NOTHING_TO_PAY = declare("nothing-to-pay", 409, "There is nothing to pay", "The order is paid, or it is over.")


async def order_create(request: Request, *, body: OrderBody, key: str) -> Response:
    """Place an order and open its payment page."""
    house, shopper = checkout_house_of(request), known_shopper(request)
    if shopper is None:
        raise Refused(problems.NOT_FOUND, "There is no such hold or cart for this shopper; send the cookie along.")
    response = await _told(request, await house.placing.place(_wish(body, key, shopper.key)))
    if response.status_code in (200, 201):
        give_pass(response, shopper.key, house)
    return response


async def order_show(request: Request) -> Response:
    """Show an order to its owner, or to whoever sends its secret."""
    order = await _order_of(request)
    return answer(_detail(order))


async def payment_create(request: Request, *, key: str) -> Response:  # noqa: ARG001  the open attempt is the effect
    """Open a new attempt to pay an order whose last one failed."""
    house, order = checkout_house_of(request), await _order_of(request)
    match await house.placing.pay_again(order.id):
        case answers.Placed(placed):
            return answer(_placed(placed, await payment_page(house, placed)), 201)
        case answers.HoldGone(why):
            return problem(HOLD_GONE, f"The units are no longer kept: the hold was {why}.")
        case answers.NothingToPay():
            return problem(NOTHING_TO_PAY, f"The order is {order.state}.")


def _wish(body: OrderBody, key: str, customer_key: str) -> OrderWish:
    """Turn the body into a wish, or refuse it with the place of its mistake."""
    if (body.hold_id is None) == (body.cart_id is None):
        raise Refused(problems.INVALID_BODY, "Give exactly one of hold_id and cart_id.", at="$")
    address = tidy(Address(**msgspec.structs.asdict(body.shipping_address)))
    for field, message in complaints(body.email, address).items():
        at = "$.email" if field == "email" else f"$.shipping_address.{field}"
        raise Refused(problems.INVALID_BODY, message, at=at)
    return OrderWish(
        order_id=new_id(),
        payment_id=new_id(),
        secret=new_secret(),
        customer_key=customer_key,
        idempotency_key=key,
        request_hash=sha256(msgspec.json.encode(body)).digest(),
        email=body.email,
        address=address,
        hold_id=body.hold_id,
        cart_id=body.cart_id,
        shipping_method=body.shipping_method_id,
        expected_total=Money(body.total.amount, body.total.currency) if body.total else None,
    )


async def _told(request: Request, given: PlaceAnswer) -> Response:
    match given:
        case answers.Placed(order):
            return answer(_placed(order, await payment_page(checkout_house_of(request), order)), 201)
        case answers.Replayed(order):
            replay = _placed(order, await payment_page(checkout_house_of(request), order))
            return answer(replay, 200, {"Idempotent-Replayed": "true"})
        case _:
            return _refused(given)


def _refused(given: Refusal) -> Response:
    match given:
        case answers.KeyReused():
            return problem(problems.KEY_REUSED, "This key placed another order.")
        case answers.NotYours():
            return problem(problems.NOT_FOUND, "There is no such hold or cart, or it is not yours.")
        case answers.AlreadyOrdered(order):
            return problem(ALREADY_ORDERED, "It was ordered with another key.", order_id=order.order_id)
        case answers.HoldGone(why):
            return problem(HOLD_GONE, f"The hold was {why}.", why=why)
        case answers.CartEmpty():
            return problem(CART_EMPTY, "There is nothing in the cart that can be bought.")
        case answers.OutOfStock(sku, left):
            return problem(OUT_OF_STOCK, f"Of {sku} only {left} are left.", sku=sku, left=left)
        case answers.NoDelivery(country):
            return problem(NO_DELIVERY, f"Nothing that you may choose delivers to {country}.", country=country)
        case answers.PriceChanged(total):
            return problem(TOTAL_CHANGED, f"It comes to {total} now.", total=_amount(total))
        case answers.LimitReached(limit):
            detail = f"One customer may have {limit} of this sale, whatever address they use."
            return problem(SALE_PROBLEMS["LimitReached"], detail, limit=limit)


async def _order_of(request: Request) -> Order:
    shopper = known_shopper(request)
    order = await order_of_shopper(
        checkout_house_of(request).till,
        request.path_params["id"],
        request.headers.get("order-secret"),
        shopper.key if shopper else None,
    )
    if order is None:
        raise Refused(problems.NOT_FOUND, "There is no such order, or it is not yours; send its secret or its cookie.")
    return order


def _placed(order: PlacedOrder, redirect_url: str | None) -> OrderPlaced:
    return OrderPlaced(
        id=order.order_id,
        number=order.number,
        state=order.state,
        total=_amount(order.total),
        secret=order.secret,
        payment=OrderPayment(state=order.payment_state, redirect_url=redirect_url),
    )


def _detail(order: Order) -> OrderDetail:
    return OrderDetail(
        id=order.id,
        number=order.number,
        state=order.state,
        placed_at=iso(order.placed_at),
        paid_at=iso(order.paid_at) if order.paid_at else None,
        pay_until=iso(order.pay_until) if order.pay_until else None,
        items=_amount(order.items),
        shipping=_amount(order.shipping),
        tax=_amount(order.tax),
        total=_amount(order.total),
        shipping_method=order.shipping_method,
        tracking=order.tracking,
        lines=[
            OrderLineDetail(
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                unit_price=_amount(line.unit_price),
                tax=_amount(line.tax),
            )
            for line in order.lines
        ],
        payment=OrderPayment(state=order.payment.state) if order.payment else None,
    )


def _amount(money: Money) -> Amount:
    return Amount(money.amount, money.currency)


ENDPOINTS = [
    Endpoint(
        method="POST",
        path=f"{PREFIX}/orders",
        name="create_order",
        summary="Order what is held or in the cart, and get the page to pay it on",
        tag="orders",
        answers={201: OrderPlaced, 200: OrderPlaced},
        handler=order_create,
        body=OrderBody,
        keyed=True,
        problems=(
            problems.NOT_FOUND, problems.KEY_REUSED, ALREADY_ORDERED, HOLD_GONE, CART_EMPTY, OUT_OF_STOCK,
            NO_DELIVERY, TOTAL_CHANGED, SALE_PROBLEMS["LimitReached"],
        ),
    ),
    Endpoint(
        method="GET",
        path=f"{PREFIX}/orders/{{id:uuid}}",
        name="get_order",
        summary="Look at an order, with its secret or its owner's cookie",
        tag="orders",
        answers={200: OrderDetail},
        handler=order_show,
        headers={"Order-Secret": "The secret that the order was placed with; not needed with its owner's cookie."},
        problems=(problems.NOT_FOUND,),
    ),
    Endpoint(
        method="POST",
        path=f"{PREFIX}/orders/{{id:uuid}}/payments",
        name="create_payment",
        summary="Try to pay an order again after a payment failed",
        tag="orders",
        answers={201: OrderPlaced},
        handler=payment_create,
        keyed=True,
        headers={"Order-Secret": "The secret that the order was placed with; not needed with its owner's cookie."},
        problems=(problems.NOT_FOUND, HOLD_GONE, NOTHING_TO_PAY),
    ),
]  # fmt: skip
