"""The waiting room as pages: take a ticket, see one's place, come in when called, move to another device, check a draw.

Everything works by plain forms; the page's script only spares the shopper the button.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.room.draw import LATER_BANDS
from doorbuster.room.entering import Newcomer, Owing, Word
from doorbuster.room.flood import BITS
from doorbuster.room.places import (
    Done,
    Place,
    SumWanted,
    has_pass,
    place_of,
    room_house_of,
    seconds_kept,
    shopper_of_request,
    take_ticket,
    ticket_of_shopper,
)
from doorbuster.room.rooms import Room, room_of_sale, stripe_counts
from doorbuster.room.signing import Ticket
from doorbuster.room.work import ask_letter, use_letter
from doorbuster.web.forms import Form, email, read_form, text
from doorbuster.web.pages import show
from doorbuster.web.sessions import cookie_of, shopper_or_new


@dataclass(frozen=True)
class Solving:
    """The sum that a browser has done before it asks for a ticket."""

    challenge: str = text("The challenge", most=200, required=False)
    solution: str = text("The solution", most=20, required=False)


@dataclass(frozen=True)
class Asking:
    """Where a letter reaches who cannot do the sum."""

    email: str = email("E-mail")


async def room_show(request: Request) -> Response:
    """Show the room and the shopper's place in it; without an open room, lead to the sale."""
    room = await _room(request)
    if room is None:
        return RedirectResponse(f"/sales/{request.path_params['handle']}", 303)
    return await _page(request, room)


async def ticket_create(request: Request) -> Response:
    """Take a ticket by the plain form: the first one for ever, however often it is asked for."""
    house, room = room_house_of(request), await _room(request)
    if room is None:
        return RedirectResponse(f"/sales/{request.path_params['handle']}", 303)
    shopper = shopper_or_new(request.headers, house.settings.secret, house.settings.secure_cookies)
    solving = (await read_form(request, Solving)).value
    done = Done(solving.challenge, solving.solution) if solving else Done()
    ticket = await take_ticket(request, room, shopper, done)
    if isinstance(ticket, SumWanted):
        # Who has tried in vain (no cookies, too slow) is not made to try again and again.
        response = _work(request, room, shopper.key, Form(), bits=ticket.bits, tried=ticket.in_vain)
    else:
        response = _entered(request, room, shopper.key, ticket)
    if shopper.cookie is not None:
        response.headers.append("set-cookie", shopper.cookie)
    return response


async def letter_create(request: Request) -> Response:
    """Send a link to who cannot do the sum; the answer is the same for every address."""
    room = await _room(request)
    if room is None:
        return RedirectResponse(f"/sales/{request.path_params['handle']}", 303)
    form = await read_form(request, Asking)
    if form.value is None:
        return _work(request, room, "", form, bits=0, tried=True)
    await ask_letter(room_house_of(request).till, room.sale_id, form.value.email)
    return _work(request, room, "", form, bits=0, sent=True)


async def proof_show(request: Request) -> Response:
    """Ask once more whether to take the ticket: links in mails are opened by programs too."""
    room = await _room(request)
    if room is None:
        return RedirectResponse(f"/sales/{request.path_params['handle']}", 303)
    known = _mailbox_of_proof(request, room) is not None
    return show(request, "room/proof.html", 200 if known else 404, room=room, known=known)


async def proof_use(request: Request) -> Response:
    """Take the ticket of a letter, in this browser."""
    house, room = room_house_of(request), await _room(request)
    mailbox = _mailbox_of_proof(request, room) if room else None
    shopper = shopper_or_new(request.headers, house.settings.secret, house.settings.secure_cookies)
    if room is None or mailbox is None or not await use_letter(house.till, room.sale_id, mailbox, shopper.key):
        raise HTTPException(404, "This link is not complete, too old, or used in another browser.")
    newcomer = Newcomer(shopper.key, house.networks.of(request.scope), LATER_BANDS)
    ticket = await house.entrance.enter(room.sale_id, newcomer)
    assert not isinstance(ticket, Owing), "a letter pays for every band"
    response = _entered(request, room, shopper.key, ticket)
    if shopper.cookie is not None:
        response.headers.append("set-cookie", shopper.cookie)
    return response


async def pass_create(request: Request) -> Response:
    """Come in: on to the sale with a pass, or back to the room with the reason."""
    house, room, shopper = room_house_of(request), await _room(request), shopper_of_request(request)
    ticket = await ticket_of_shopper(request, room, shopper) if room else None
    if room is None or shopper is None or ticket is None:
        return RedirectResponse(f"/sales/{request.path_params['handle']}/room", 303)
    admission = await house.entrance.admit(room.sale_id, shopper.key, room.position(ticket.stripe, ticket.place))
    if admission.until is None:
        return await _page(request, room, admission.word)
    until, now = admission.until.timestamp(), house.clock.now().timestamp()
    response = RedirectResponse(f"/sales/{room.handle}", 303)
    proof = house.signer.pass_text(room.sale_id, shopper.key, int(until))
    response.headers.append("set-cookie", house.signer.cookie_of_pass(room.sale_id, proof, until - now))
    return response


async def link_show(request: Request) -> Response:
    """Ask once more whether this browser shall have the place: links are opened by programs too."""
    room = await _room(request)
    if room is None:
        return RedirectResponse(f"/sales/{request.path_params['handle']}", 303)
    customer = _customer_of_link(request, room)
    return show(request, "room/link.html", 200 if customer else 404, room=room, known=customer is not None)


async def link_use(request: Request) -> Response:
    """Make this browser the place's owner."""
    room = await _room(request)
    customer = _customer_of_link(request, room) if room else None
    if room is None or customer is None:
        raise HTTPException(404, "This link is not complete or too old. Copy the whole address.")
    settings = room_house_of(request).settings
    response = RedirectResponse(f"/sales/{room.handle}/room", 303)
    response.headers.append("set-cookie", cookie_of(customer, settings.secret, settings.secure_cookies))
    return response


async def draw_show(request: Request) -> Response:
    """Show what a draw was made of, so that anybody can do it again, and work out the ticket that was asked for."""
    house = room_house_of(request)
    sale = await house.memory.find_by_handle(request.path_params["handle"])
    room = await room_of_sale(house.till, sale.id) if sale else None
    if room is None:
        raise HTTPException(404, "There was no draw for a sale of that name.")
    counts = await stripe_counts(house.till, room.sale_id)
    typed = request.query_params.get("ticket", "")[:40].strip()
    if not typed and (ticket := await ticket_of_shopper(request, room, shopper_of_request(request))):
        typed = f"{ticket.stripe + 1}-{ticket.place + 1}" if ticket.stripe is not None else ""
    position = _drawn_position(room, counts, typed)
    return show(request, "room/draw.html", room=room, counts=counts, typed=typed, position=position)


def _entered(request: Request, room: Room, customer: str, ticket: Ticket | None) -> Response:
    response = RedirectResponse(f"/sales/{room.handle}/room", 303)
    if ticket is not None:
        _keep_ticket(request, response, room, customer, ticket)
    return response


def _work(request: Request, room: Room, customer: str, form: Form[Asking], *, bits: int, **facts: bool) -> Response:
    house = room_house_of(request)
    challenge = house.signer.challenge_text(room.sale_id, customer, house.clock.now().timestamp())
    shown = {"sent": False, "tried": False, **facts}
    shown |= {"long": bits > BITS}
    status = 422 if form.mistakes else 200
    return show(request, "room/work.html", status, room=room, challenge=challenge, bits=bits, form=form, **shown)


def _mailbox_of_proof(request: Request, room: Room) -> str | None:
    house = room_house_of(request)
    text = request.query_params.get("proof", "")[:200]
    return house.signer.mailbox_of_proof(room.sale_id, text, house.clock.now().timestamp())


async def _room(request: Request) -> Room | None:
    """Return the sale's open room; a sale that does not exist is not found."""
    house, handle = room_house_of(request), request.path_params["handle"]
    shown = house.rooms.by_handle(handle)
    if shown is None and await house.memory.find_by_handle(handle) is None:
        raise HTTPException(404, "There is no sale of that name.")
    return shown.room if shown else None


async def _page(request: Request, room: Room, word: Word | None = None) -> Response:
    house, shopper = room_house_of(request), shopper_of_request(request)
    ticket = await ticket_of_shopper(request, room, shopper)
    place = place_of(room, ticket, passed=has_pass(request, room.sale_id, shopper))
    now = house.clock.now().timestamp()
    link = house.signer.link_text(room.sale_id, shopper.key, now) if shopper and ticket else ""
    response = show(request, "room/room.html", room=room, place=place, word=word, link=link, number=number_of(place))
    if shopper is not None and ticket is not None:
        _keep_ticket(request, response, room, shopper.key, ticket)
    return response


def number_of(place: Place) -> str:
    """Return a ticket's number as its owner reads it, from 1: stripe and place in a draw, else the position."""
    if place.ticket is None:
        return ""
    stripe, number = place.ticket.stripe, place.ticket.place
    return str(number + 1) if stripe is None else f"{stripe + 1}-{number + 1}"


def _keep_ticket(request: Request, response: Response, room: Room, customer: str, ticket: Ticket) -> None:
    house = room_house_of(request)
    seconds = seconds_kept(room, house.clock.now().timestamp())
    text = house.signer.ticket_text(room.sale_id, customer, ticket)
    response.headers.append("set-cookie", house.signer.cookie_of_ticket(room.sale_id, text, seconds))


def _customer_of_link(request: Request, room: Room) -> str | None:
    house = room_house_of(request)
    text = request.query_params.get("place", "")[:200]
    return house.signer.customer_of_link(room.sale_id, text, house.clock.now().timestamp())


def _drawn_position(room: Room, counts: Sequence[int], typed: str) -> int | None:
    """Return the position of a ticket written as people do, stripe-place from 1, or None when there is none such."""
    stripe, dash, place = typed.partition("-")
    if room.draw is None or not (dash and stripe.isdecimal() and place.isdecimal()):
        return None
    if not 1 <= int(stripe) <= len(counts) or not 1 <= int(place) <= counts[int(stripe) - 1]:
        return None
    return room.draw.position(int(stripe) - 1, int(place) - 1)
