"""The waiting room for programs: take a ticket, see the place, take a pass, check the draw."""

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from doorbuster.room.draw import LATER_BANDS, STRIPES
from doorbuster.room.gate import RETRY_AFTER_SECONDS
from doorbuster.room.places import (
    Done,
    SumWanted,
    place_of,
    room_house_of,
    seconds_kept,
    shopper_of_request,
    take_ticket,
    ticket_of_shopper,
)
from doorbuster.room.rooms import Room, room_of_sale, stripe_counts
from doorbuster.room.signing import Ticket
from doorbuster.sale.hold_api import NOT_OUR_PAGE
from doorbuster.sale.hold_api import PROBLEMS as HOLD_PROBLEMS
from doorbuster.web import problems
from doorbuster.web.api import PREFIX, Answer, Endpoint, answer
from doorbuster.web.pages import iso
from doorbuster.web.problems import Refused, declare, problem
from doorbuster.web.sessions import Shopper, shopper_or_new


class RoomStatus(Answer, frozen=True):
    """What everybody who waits needs to know; a position below `serving` has been called."""

    phase: str
    paused: bool
    serving: int
    tail: int
    rate: float
    n: int
    seed: str | None
    offsets: list[int]
    stock: str
    poll: tuple[int, int]


class RoomTicket(Answer, frozen=True):
    """A ticket; `position` is null before the draw, `state` is registered, waiting, called or sold_out."""

    sale_id: UUID
    state: str
    stripe: int | None
    place: int
    position: int | None
    ahead: int | None
    between_seconds: tuple[int, int] | None
    issued: int


class RoomPass(Answer, frozen=True):
    """What to send as the header Room-Pass, or as the cookie it came in, with each claim."""

    value: str
    until: str


class RoomDraw(Answer, frozen=True):
    """What a draw was made of: the commitment before it, everything else after it; bytes are in hex."""

    commitment: str
    beacon: str
    secret: str | None
    seed: str | None
    n: int
    counts: list[int]


NOT_YET = declare("not-your-turn", 409, "It is not your turn", "`ahead` others come before you.")
LAPSED = declare("turn-lapsed", 409, "Your turn has passed", "You were called, and came back once; others go on now.")
ROOM_PAUSED = declare("room-paused", 503, "The waiting room is paused", "Nobody is let in just now; keep your ticket.")
ONE_MOMENT = declare(
    "one-moment", 429, "One moment at the entrance", "Many come at once; your turn is kept. Ask again."
)
WORK_WANTED = declare(
    "work-wanted", 403, "Do a sum first",
    "Find a text of at most 20 characters so that SHA-256 of `challenge`, a colon and the text begins with `bits` zero "
    "bits; then ask again under the same key with the header `Room-Work: challenge text`.",
)  # fmt: skip
NO_TICKET = declare("no-ticket", 404, "You have no ticket", "Take a ticket of this sale's waiting room first.")
SOLD_OUT = HOLD_PROBLEMS["SoldOut"]
REFUSALS = {
    "NotYet": (NOT_YET, 10),
    "Lapsed": (LAPSED, None),
    "Paused": (ROOM_PAUSED, 10),
    "OneMoment": (ONE_MOMENT, 1),
    "NoTicket": (NO_TICKET, None),
    "NoRoom": (problems.NOT_FOUND, None),
    "SoldOut": (SOLD_OUT, None),
}


async def ticket_create(request: Request, *, key: str) -> Response:
    """Take a ticket; whoever has one gets the same again."""
    del key  # one ticket for each customer: the same request again gives the same ticket
    house, room = room_house_of(request), _room(request)
    shopper = shopper_or_new(request.headers, house.settings.secret, house.settings.secure_cookies)
    challenge, _, solution = request.headers.get("room-work", "")[:300].partition(" ")
    ticket = await take_ticket(request, room, shopper, Done(challenge, solution))
    if isinstance(ticket, SumWanted):
        challenge = house.signer.challenge_text(room.sale_id, shopper.key, house.clock.now().timestamp())
        return problem(WORK_WANTED, WORK_WANTED.meaning, challenge=challenge, bits=ticket.bits)
    if ticket is None:
        return problem(SOLD_OUT, SOLD_OUT.meaning)
    response = answer(_ticket(room, ticket), 201)
    if shopper.cookie is not None:
        response.headers.append("set-cookie", shopper.cookie)
    text = house.signer.ticket_text(room.sale_id, shopper.key, ticket)
    seconds = seconds_kept(room, house.clock.now().timestamp())
    response.headers.append("set-cookie", house.signer.cookie_of_ticket(room.sale_id, text, seconds))
    return response


async def ticket_show(request: Request) -> Response:
    """Show the caller's own place."""
    room = _room(request)
    _, ticket = await _own(request, room)
    return answer(_ticket(room, ticket))


async def pass_create(request: Request, *, key: str) -> Response:
    """Turn a ticket whose turn it is into a pass."""
    del key  # one pass at a time: the same request again gives the same pass
    house, room = room_house_of(request), _room(request)
    shopper, ticket = await _own(request, room)
    position = room.position(ticket.stripe, ticket.place)
    admission = await house.entrance.admit(room.sale_id, shopper.key, position)
    if admission.until is None:
        kind, seconds = REFUSALS[admission.word]
        facts: dict[str, Any] = {"ahead": place_of(room, ticket).ahead} if kind is NOT_YET else {}
        return problem(kind, kind.meaning, retry_after_seconds=seconds, **facts)
    until, now = admission.until.timestamp(), house.clock.now().timestamp()
    text = house.signer.pass_text(room.sale_id, shopper.key, int(until))
    response = answer(RoomPass(value=text, until=iso(admission.until)), 201)
    response.headers.append("set-cookie", house.signer.cookie_of_pass(room.sale_id, text, until - now))
    return response


async def draw_show(request: Request) -> Response:
    """Show what the draw was made of, also when the room has long closed."""
    house = room_house_of(request)
    room = await room_of_sale(house.till, request.path_params["id"])
    if room is None:
        raise Refused(problems.NOT_FOUND, "This sale has no waiting room.")
    counts = list(await stripe_counts(house.till, room.sale_id)) if room.seed else [0] * (STRIPES + LATER_BANDS)
    return answer(
        RoomDraw(
            commitment=room.commitment.hex(),
            beacon=room.beacon,
            secret=room.secret.hex() if room.secret else None,
            seed=room.seed.hex() if room.seed else None,
            n=room.cohort,
            counts=counts,
        )
    )


def _room(request: Request) -> Room:
    shown = room_house_of(request).rooms.by_id(str(request.path_params["id"]))
    if shown is None:
        raise Refused(problems.NOT_FOUND, "This sale has no waiting room, or it is closed.")
    return shown.room


async def _own(request: Request, room: Room) -> tuple[Shopper, Ticket]:
    shopper = shopper_of_request(request)
    ticket = await ticket_of_shopper(request, room, shopper)
    if shopper is None or ticket is None:
        raise Refused(NO_TICKET, NO_TICKET.meaning)
    return shopper, ticket


def _ticket(room: Room, ticket: Ticket) -> RoomTicket:
    place = place_of(room, ticket)
    return RoomTicket(
        sale_id=room.sale_id,
        state=place.state,
        stripe=ticket.stripe,
        place=ticket.place,
        position=place.position,
        ahead=place.ahead,
        between_seconds=place.between_seconds,
        issued=ticket.issued,
    )


ENDPOINTS = [
    Endpoint(
        method="GET",
        path=f"{PREFIX}/sales/{{id:uuid}}/room",
        name="get_room_status",
        summary="The waiting room of a sale, the same for everybody",
        tag="sales",
        answers={200: RoomStatus},
        handler=None,
        problems=(problems.NOT_FOUND,),
    ),
    Endpoint(
        method="POST",
        path=f"{PREFIX}/sales/{{id:uuid}}/room/tickets",
        name="create_room_ticket",
        summary="Take a ticket of a sale's waiting room",
        tag="sales",
        answers={201: RoomTicket},
        handler=ticket_create,
        keyed=True,
        headers={"Room-Work": "A challenge and its solution, where the room asks for work."},
        problems=(problems.NOT_FOUND, NOT_OUR_PAGE, SOLD_OUT, WORK_WANTED),
    ),
    Endpoint(
        method="GET",
        path=f"{PREFIX}/sales/{{id:uuid}}/room/ticket",
        name="get_room_ticket",
        summary="Your own place in a waiting room",
        tag="sales",
        answers={200: RoomTicket},
        handler=ticket_show,
        problems=(problems.NOT_FOUND, NO_TICKET),
    ),
    Endpoint(
        method="POST",
        path=f"{PREFIX}/sales/{{id:uuid}}/room/pass",
        name="create_room_pass",
        summary=f"Take your pass when it is your turn; claims without one wait {RETRY_AFTER_SECONDS} s",
        tag="sales",
        answers={201: RoomPass},
        handler=pass_create,
        keyed=True,
        problems=(NOT_OUR_PAGE, *dict.fromkeys(kind for kind, _ in REFUSALS.values())),
    ),
    Endpoint(
        method="GET",
        path=f"{PREFIX}/sales/{{id:uuid}}/room/draw",
        name="get_room_draw",
        summary="What a draw was made of, so that anybody can do it again",
        tag="sales",
        answers={200: RoomDraw},
        handler=draw_show,
        problems=(problems.NOT_FOUND,),
    ),
]
