"""The waiting list as pages: join, see one's place, take what is offered, leave; and the mail before an opening."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.clock import new_secret
from doorbuster.sale.hold_pages import sale_house_of
from doorbuster.sale.holds import QUANTITY_MAX
from doorbuster.sale.sales import Sale
from doorbuster.sale.waiting import (
    Joined,
    NotJoined,
    Place,
    PlaceWish,
    ask_notice,
    join_line,
    leave_line,
    notice_named,
    place_of,
    stop_notices,
)
from doorbuster.web.forms import Form, email, read_form, text, whole
from doorbuster.web.mailboxes import email_key
from doorbuster.web.pages import show
from doorbuster.web.sessions import cookie_of, shopper_of, shopper_or_new


@dataclass(frozen=True)
class Joining:
    """What the form of the line holds."""

    sku: str = text("The item", most=100, required=False)
    quantity: int = whole("The quantity", least=1, most=QUANTITY_MAX, default=1)
    email: str = email("E-mail", required=False)
    wish: str = text("The form", most=60, required=False)


@dataclass(frozen=True)
class Asking:
    """Where a mail reaches who wants to know."""

    email: str = email("E-mail")


async def waiting_create(request: Request) -> Response:
    """Take a place in line by the plain form: on to the place, or to a page that says why there is none."""
    house, sale = sale_house_of(request), await _sale_or_404(request)
    form = await read_form(request, Joining)
    if form.value is None:
        return _form(request, sale, form.typed.get("sku", ""), form, status=422)
    wished = form.value
    sku = wished.sku or sale.items[0].sku
    item = next((each for each in sale.items if each.sku == sku), None)
    if item is None:
        raise HTTPException(404, "The sale does not have this item.")
    shopper = shopper_or_new(request.headers, house.settings.secret, house.settings.secure_cookies)
    wish = PlaceWish(
        sale_id=sale.id,
        variant_id=item.variant_id,
        quantity=wished.quantity,
        customer_key=shopper.key,
        idempotency_key=f"form:{sku}:{wished.wish}",
        email=wished.email or None,
        network=house.networks.of(request.scope),
    )
    response = _told(request, sale, sku, form, await join_line(house.till, wish))
    if shopper.cookie is not None:
        response.headers.append("set-cookie", shopper.cookie)
    return response


async def waiting_new(request: Request) -> Response:
    """Show the form of the line, for who comes by a link."""
    sale = await _sale_or_404(request)
    sku = request.query_params.get("sku", "")[:100] or sale.items[0].sku
    return _form(request, sale, sku, Form())


async def waiting_show(request: Request) -> Response:
    """Show a place in line to whoever has its secret."""
    house, place = sale_house_of(request), await _place_or_404(request)
    shopper = shopper_of(request.headers, house.settings.secret, house.settings.secure_cookies)
    mine = shopper is not None and shopper.key == place.customer_key
    return show(request, "sale/waiting.html", place=place, mine=mine)


async def waiting_leave(request: Request) -> Response:
    """Leave the line, or give back what was offered."""
    place = await _place_or_404(request)
    await leave_line(sale_house_of(request).till, place.id, place.secret)
    return RedirectResponse(_address(place), 303)


async def waiting_take(request: Request) -> Response:
    """Lead to the hold that was offered; a browser that came by the mail's link becomes its owner's."""
    house, place = sale_house_of(request), await _place_or_404(request)
    if place.state != "offered" or place.hold_id is None:
        return RedirectResponse(_address(place), 303)
    response = RedirectResponse(f"/holds/{place.hold_id}", 303)
    cookie = cookie_of(place.customer_key, house.settings.secret, house.settings.secure_cookies)
    response.headers.append("set-cookie", cookie)
    return response


async def notice_create(request: Request) -> Response:
    """Write down who wants a mail before the sale opens; the answer is the same for every address."""
    sale, form = await _sale_or_404(request), await read_form(request, Asking)
    if form.value is None:
        return show(request, "sale/notice.html", 422, sale=sale, form=form, done=False)
    if sale.state == "planned":
        await ask_notice(sale_house_of(request).till, sale.id, form.value.email, email_key(form.value.email))
    return show(request, "sale/notice.html", sale=sale, form=form, done=True)


async def notice_new(request: Request) -> Response:
    """Show the form that asks for a mail before the sale opens."""
    return show(request, "sale/notice.html", sale=await _sale_or_404(request), form=Form(), done=False)


async def notice_stop_show(request: Request) -> Response:
    """Ask once more whether no such mail shall come again: links in mails are opened by programs too."""
    return await _stop_page(request, done=False)


async def notice_stop(request: Request) -> Response:
    """Send no such mail to this address again."""
    secret = request.query_params.get("secret", "")[:100]
    done = await stop_notices(sale_house_of(request).till, request.path_params["id"], secret)
    if not done:
        raise HTTPException(404, "This link is not complete. Copy the whole address out of the mail.")
    return await _stop_page(request, done=True)


async def _stop_page(request: Request, *, done: bool) -> Response:
    if await notice_named(sale_house_of(request).till, request.path_params["id"]) is None:
        raise HTTPException(404, "There is no such mail.")
    return show(request, "sale/notice_stop.html", done=done)


def _told(request: Request, sale: Sale, sku: str, form: Form[Joining], answer: Joined | NotJoined) -> Response:
    match answer:
        case Joined(waiting_id, secret):
            return RedirectResponse(f"/waiting/{waiting_id}?secret={secret}", 303)
        case NotJoined("InLine", Joined(waiting_id, secret)):
            return RedirectResponse(f"/waiting/{waiting_id}?secret={secret}", 303)
        case NotJoined("AlreadyYours", _, hold_id):
            return RedirectResponse(f"/holds/{hold_id}", 303)
        case NotJoined("StillLeft"):
            return RedirectResponse(f"/sales/{sale.handle}", 303)
        case NotJoined(why):
            return _form(request, sale, sku, form, why=why, status=409)


def _form(request: Request, sale: Sale, sku: str, form: Form[Joining], *, why: str = "", status: int = 200) -> Response:
    """Show the form, or why there is no place; the form's own key makes sending it twice one wish."""
    wish = form.typed.get("wish") or new_secret(16)
    return show(request, "sale/waiting_join.html", status, sale=sale, form=form, sku=sku, why=why, wish=wish)


async def _sale_or_404(request: Request) -> Sale:
    sale = await sale_house_of(request).memory.find_by_handle(request.path_params["handle"])
    if sale is None or not sale.items:
        raise HTTPException(404, "There is no sale of that name.")
    return sale


async def _place_or_404(request: Request) -> Place:
    secret = request.query_params.get("secret", "")[:100]
    place = await place_of(sale_house_of(request).till, request.path_params["id"], secret)
    if place is None:
        raise HTTPException(404, "There is no such place in line. Copy the whole address out of the mail.")
    return place


def _address(place: Place) -> str:
    return f"/waiting/{place.id}?secret={place.secret}"
