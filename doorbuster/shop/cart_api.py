"""Carts for programs: the shopper's own cart, by the shopper's cookie."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.shop.carts import QUANTITY_MAX, Cart, CartFull, LineWish, NoSuchVariant, open_cart, put_line
from doorbuster.shop.house import checkout_house_of, known_shopper, shopper_for_write
from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Amount, Answer, Endpoint, answer
from doorbuster.web.inputs import Body
from doorbuster.web.problems import Refused, declare, problem


class CartLineBody(Body, frozen=True):
    """How many of a SKU the cart should have; 0 takes the line out."""

    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    quantity: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]


class CartLineDetail(Answer, frozen=True):
    """One line; `price` is null when it can't be bought at present, `left` is what stock allows."""

    sku: str
    title: str
    quantity: int
    price: Amount | None
    left: int


class CartDetail(Answer, frozen=True):
    """A cart at today's prices, without delivery."""

    id: UUID
    total: Amount
    lines: list[CartLineDetail]


CART_FULL = declare("cart-full", 409, "The cart is full", "A cart has at most 100 lines; order them first.")
NO_SUCH_VARIANT = declare("no-such-variant", 404, "Nothing has this SKU", "The shop sells nothing with this `sku`.")


async def cart_line_put(request: Request, *, body: CartLineBody, key: str) -> Response:
    """Set how many of a SKU the shopper's cart has, making the cart the first time."""
    house, shopper = checkout_house_of(request), shopper_for_write(request)
    del key  # the same request twice leaves the same cart, so its key has nothing to add
    wish = LineWish(sku=body.sku, quantity=body.quantity, instead=True)
    given = await put_line(house.database, shopper.key, wish, house.settings.currency)
    match given:
        case NoSuchVariant():
            return problem(NO_SUCH_VARIANT, f"Nothing that can be bought has the SKU {body.sku}.", sku=body.sku)
        case CartFull():
            return problem(CART_FULL, CART_FULL.meaning)
        case cart:
            cookie = {"set-cookie": shopper.cookie} if shopper.cookie else {}
            return answer(_detail(cart), 200, cookie)


async def cart_show(request: Request) -> Response:
    """Show the shopper's open cart."""
    shopper = known_shopper(request)
    cart = await open_cart(checkout_house_of(request).database, shopper.key) if shopper else None
    if cart is None:
        raise Refused(problems.NOT_FOUND, "This shopper has no open cart.")
    return answer(_detail(cart))


def _detail(cart: Cart) -> CartDetail:
    return CartDetail(
        id=cart.id,
        total=Amount(cart.total.amount, cart.currency),
        lines=[
            CartLineDetail(
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                price=Amount(line.price.amount, line.price.currency) if line.price else None,
                left=line.left,
            )
            for line in cart.lines
        ],
    )


ENDPOINTS = [
    Endpoint(
        method="GET",
        path=f"{PREFIX}/cart",
        name="get_cart",
        summary="The shopper's open cart",
        tag="carts",
        answers={200: CartDetail},
        handler=cart_show,
        problems=(problems.NOT_FOUND,),
    ),
    Endpoint(
        method="PUT",
        path=f"{PREFIX}/cart/lines",
        name="put_cart_line",
        summary="Set how many of a SKU are in the shopper's cart",
        tag="carts",
        answers={200: CartDetail},
        handler=cart_line_put,
        body=CartLineBody,
        keyed=True,
        problems=(NO_SUCH_VARIANT, CART_FULL),
    ),
]
