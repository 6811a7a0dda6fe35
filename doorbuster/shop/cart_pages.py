"""The cart as a page: what is in it, how many, what it comes to."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.shop.carts import QUANTITY_MAX, CartFull, LineWish, NoSuchVariant, open_cart, put_line, set_quantity
from doorbuster.shop.house import checkout_house_of, known_shopper, shopper_for_write
from doorbuster.web.pages import show


async def cart_show(request: Request) -> Response:
    """Show the shopper's cart; without one, an empty one is shown and none is made."""
    shopper = known_shopper(request)
    cart = await open_cart(checkout_house_of(request).database, shopper.key) if shopper else None
    return show(request, "shop/cart.html", cart=cart, full="full" in request.query_params)


async def line_add(request: Request) -> Response:
    """Put something into the cart and show it."""
    form = await request.form()
    house, shopper = checkout_house_of(request), shopper_for_write(request)
    wish = LineWish(
        sku=str(form.get("sku", ""))[:100].replace("\0", ""), quantity=_quantity(form.get("quantity", "1"), least=1)
    )
    given = await put_line(house.database, shopper.key, wish, house.settings.currency)
    if isinstance(given, NoSuchVariant):
        raise HTTPException(404, "That is not sold here any more. Perhaps something near it is.")
    response = RedirectResponse("/cart?full" if isinstance(given, CartFull) else "/cart", 303)
    if shopper.cookie is not None:
        response.headers.append("set-cookie", shopper.cookie)
    return response


async def line_change(request: Request) -> Response:
    """Change how many of a line, 0 for none, and show the cart."""
    form, shopper = await request.form(), known_shopper(request)
    variant_id: UUID = request.path_params["variant_id"]
    if shopper is not None:
        quantity = 0 if "remove" in form else _quantity(form.get("quantity", ""), least=0)
        await set_quantity(checkout_house_of(request).database, shopper.key, variant_id, quantity)
    return RedirectResponse("/cart", 303)


def _quantity(typed: object, least: int) -> int:
    text = str(typed).strip()
    quantity = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else -1
    if not least <= quantity <= QUANTITY_MAX:
        raise HTTPException(422, f"The quantity must be a whole number from {least} to {QUANTITY_MAX}.")
    return quantity
