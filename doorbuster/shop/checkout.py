"""The checkout page and the order it makes: contact, address, delivery, then on to the gateway.

Promises: looking at it writes nothing; what was typed is kept when something needs mending; pressing the button twice
makes one order, because its key is made of what is ordered and what was typed.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.clock import new_id, new_secret
from doorbuster.money import Money
from doorbuster.sale.holds import OwnHold, hold_of
from doorbuster.shop import answers
from doorbuster.shop.addresses import Address, complaints, countries, tidy
from doorbuster.shop.answers import OrderWish, PlaceAnswer
from doorbuster.shop.carts import open_cart
from doorbuster.shop.house import checkout_house_of, known_shopper, way_to_pay
from doorbuster.shop.orders import order_of_hold, order_of_key
from doorbuster.shop.pricing import Delivery, Quote, Wanted, deliveries, quote
from doorbuster.web.forms import Form
from doorbuster.web.pages import show
from doorbuster.web.passes import give_pass

FIELDS = ("email", "name", "line1", "line2", "city", "postcode", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What is being ordered: a hold or a cart, with its prices."""

    hold: OwnHold | None
    cart_id: UUID | None
    currency: str
    wanted: tuple[Wanted, ...]

    @property
    def items(self) -> Money:
        """Return what the items cost, without delivery."""
        return Money(sum(each.quantity * each.unit_price for each in self.wanted), self.currency)

    @property
    def address(self) -> str:
        """Return where its checkout is shown."""
        return f"/checkout?hold={self.hold.id}" if self.hold else "/checkout"


async def checkout_show(request: Request) -> Response:
    """Show the form for a hold (`?hold=`) or for the cart; writes nothing."""
    shopper = known_shopper(request)
    hold_id = _id(request.query_params.get("hold"))
    basis = await _basis(request, hold_id, shopper.key) if shopper else None
    if basis is None:
        if request.query_params.get("hold"):
            raise HTTPException(404, "There is no such hold, or it is not yours.")
        return RedirectResponse("/cart", 303)
    if basis.hold is not None and basis.hold.state != "held":
        return RedirectResponse(await _after_hold(request, basis.hold, shopper.key if shopper else ""), 303)
    return await _page(request, basis, Form(typed=dict(request.query_params)))


async def order_create(request: Request) -> Response:
    """Place the order and send the shopper to the gateway, or show the form again with what needs mending."""
    house, shopper, data = checkout_house_of(request), known_shopper(request), await request.form(max_files=0)
    typed = {name: value for name, value in data.items() if isinstance(value, str)}
    hold_id, cart_id = _id(typed.get("hold")), _id(typed.get("cart"))
    if shopper is None or (hold_id is None) == (cart_id is None):
        raise HTTPException(404, "There is no such hold or cart, or it is not yours.")
    address = tidy(Address(**{field: typed.get(field, "") for field in FIELDS if field != "email"}))
    email = typed.get("email", "").strip()
    mistakes = complaints(email, address)
    if mistakes or "again" in typed:
        basis = await _basis(request, hold_id, shopper.key)
        if basis is None:
            raise HTTPException(404, "There is no such hold or cart, or it is not yours.")
        shown: Form[Any] = Form(typed) if "again" in typed else Form(typed, mistakes)
        return await _page(request, basis, shown, 422 if shown.mistakes else 200)
    wish = _wish(typed, shopper.key, email, address)
    return await _told(request, wish, typed, await house.placing.place(wish))


def _wish(typed: dict[str, str], customer_key: str, email: str, address: Address) -> OrderWish:
    """Make the wish; its key comes from what is ordered, so that a second click is the same wish."""
    about = typed.get("hold") or typed.get("cart") or ""
    return OrderWish(
        order_id=new_id(),
        payment_id=new_id(),
        secret=new_secret(),
        customer_key=customer_key,
        idempotency_key=f"form:{about}",
        request_hash=sha256(msgspec.json.encode((email, address, typed.get("delivery")))).digest(),
        email=email,
        address=address,
        hold_id=_id(typed.get("hold")),
        cart_id=_id(typed.get("cart")),
        shipping_method=_id(typed.get("delivery")),
    )


async def _told(request: Request, wish: OrderWish, typed: dict[str, str], given: PlaceAnswer) -> Response:
    house = checkout_house_of(request)
    match given:
        case answers.Placed(order) | answers.Replayed(order) | answers.AlreadyOrdered(order):
            response = RedirectResponse(await way_to_pay(house, order), 303)
            give_pass(response, wish.customer_key, house)
            return response
        case answers.KeyReused():
            # It was ordered before with other details; that order is the shopper's own, and it stands.
            order_id = await order_of_key(house.database, wish.customer_key, wish.idempotency_key)
            return RedirectResponse(f"/orders/{order_id}", 303)
        case answers.HoldGone():
            return RedirectResponse(f"/holds/{wish.hold_id}", 303)
        case answers.NotYours():
            raise HTTPException(404, "There is no such hold or cart, or it is not yours.")
        case answers.CartEmpty() | answers.OutOfStock():
            return RedirectResponse("/cart", 303)
        case refusal:
            basis = await _basis(request, wish.hold_id, wish.customer_key)
            if basis is None:
                raise HTTPException(404, "There is no such hold or cart, or it is not yours.")
            return await _page(request, basis, Form(typed, _mistakes(refusal)), 409)


def _mistakes(refusal: answers.NoDelivery | answers.PriceChanged | answers.LimitReached) -> dict[str, str]:
    match refusal:
        case answers.NoDelivery():
            return {"country": "Nothing that was chosen delivers to this country. Choose another way or country."}
        case answers.PriceChanged(total):
            return {"total": f"It comes to {total} now. Look at it again, and order if you still like it."}
        case answers.LimitReached(maximum):
            return {"email": f"One customer may have {maximum} of this sale, and this address has that many."}


async def _page(request: Request, basis: Basis, form: Form[Any], status: int = 200) -> Response:
    house = checkout_house_of(request)
    country = form.typed.get("country", "").upper()
    if country not in countries():
        country = "GB"
    ways = await deliveries(house.database, country, basis.items)
    chosen = _chosen(ways, form.typed.get("delivery"))
    quoted: Quote = await quote(house.database, basis.wanted, country, basis.currency, chosen.id if chosen else None)
    return show(
        request,
        "shop/checkout.html",
        status,
        form=form,
        basis=basis,
        countries=list(countries().items()),
        country=country,
        ways=[_way(way) for way in ways],
        chosen=str(chosen.id) if chosen else "",
        quote=quoted,
        now=house.clock.now(),
    )


def _chosen(ways: list[Delivery], typed: str | None) -> Delivery | None:
    return next((way for way in ways if str(way.id) == typed), ways[0] if ways else None)


def _way(way: Delivery) -> tuple[str, str, str, str]:
    """Return a way to deliver as the choices of the form show it."""
    days = f"{way.days_min} to {way.days_max}" if way.days_min < way.days_max else str(way.days_max)
    unit = "working day" if way.days_max == 1 else "working days"
    return str(way.id), way.name, f"{days} {unit}", str(way.price) if way.price.amount else "free"


async def _basis(request: Request, hold_id: UUID | None, customer_key: str) -> Basis | None:
    """Return the shopper's hold, or the shopper's cart when no hold is asked for; None when there is nothing."""
    database = checkout_house_of(request).database
    if hold_id is not None:
        hold = await hold_of(database, hold_id, customer_key)
        if hold is None:
            return None
        wanted = Wanted(variant_id=hold.variant_id, quantity=hold.quantity, unit_price=hold.unit_price)
        return Basis(hold=hold, cart_id=None, currency=hold.currency, wanted=(wanted,))
    cart = await open_cart(database, customer_key)
    if cart is None or not cart.lines or any(line.lacks for line in cart.lines):
        return None
    lines = tuple(
        Wanted(variant_id=line.variant_id, quantity=line.quantity, unit_price=line.price.amount)
        for line in cart.lines
        if line.price
    )
    return Basis(hold=None, cart_id=cart.id, currency=cart.currency, wanted=lines)


async def _after_hold(request: Request, hold: OwnHold, customer_key: str) -> str:
    order_id = await order_of_hold(checkout_house_of(request).database, hold.id, customer_key)
    return f"/orders/{order_id}" if order_id else f"/holds/{hold.id}"


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
