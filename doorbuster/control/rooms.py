"""The waiting room of a sale: what it does just now, and levers to open, pause, steer and close it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.recording import record, record_refusal
from doorbuster.control.sales import sale_or_404
from doorbuster.database import Database
from doorbuster.room import rooms
from doorbuster.room.rooms import NewRoom, Room
from doorbuster.web.forms import Form, choice, read_form, text, whole
from doorbuster.web.pages import show

RATE_MAX = 100_000

Act = Callable[[Database, UUID, float | None], Awaitable[bool]]


def _plain(act: Callable[[Database, UUID], Awaitable[bool]]) -> Act:
    return lambda database, sale_id, _: act(database, sale_id)


CHOICES: dict[str, tuple[str, str, Act]] = {
    "lottery": (
        "Open it: drawn at the opening, then in the order of coming", "room.open",
        lambda database, sale_id, rate: rooms.open_room(database, sale_id, NewRoom("lottery", rate)),
    ),
    "first-come": (
        "Open it: in the order of coming from the start", "room.open",
        lambda database, sale_id, rate: rooms.open_room(database, sale_id, NewRoom("first_come", rate)),
    ),
    "pause": ("Let nobody in for a while", "room.pause", _plain(rooms.pause_room)),
    "resume": ("Let people in again", "room.resume", _plain(rooms.resume_room)),
    "ceiling": (
        "Set the ceiling of admissions a second", "room.rate",
        rooms.set_room_rate,
    ),
    "close": ("Close it: everybody may claim", "room.close", _plain(rooms.close_room)),
}  # fmt: skip
"""What may be done: its words, the journal's verb, and what does it; False when the room is not such that it can be."""


@dataclass(frozen=True)
class RoomForm:
    """What to do with the room, a ceiling if one is wished, and why."""

    what: str = choice("What to do", tuple(CHOICES))
    ceiling: int = whole("The ceiling", 0, RATE_MAX, default=0)
    reason: str = text("A reason", most=500)


async def room_show(request: Request) -> Response:
    """Show the sale's room as it is."""
    return await _page(request, Form(), 200)


async def room_set(request: Request) -> Response:
    """Write it down, then do it."""
    database = house_of(request).database
    sale = await sale_or_404(database, request.path_params["id"])
    form = await read_form(request, RoomForm)
    if form.value is None:
        return await _page(request, form, 422)
    wish = form.value
    _, verb, act = CHOICES[wish.what]
    line = await record(
        request, verb, f"sale:{sale.handle}", reason=wish.reason, what=wish.what, ceiling=wish.ceiling or None
    )
    if await act(database, sale.id, float(wish.ceiling) or None):
        return RedirectResponse(f"/sales/{sale.id}/room", 303)
    await record_refusal(request, line, "the room is not such that this can be done")
    return await _page(request, form.with_mistake("what", "The room is not such that this can be done."), 409)


async def _page(request: Request, form: Form[RoomForm] | Form[object], status: int) -> Response:
    database = house_of(request).database
    sale = await sale_or_404(database, request.path_params["id"])
    room = await rooms.room_of_sale(database, sale.id)
    return show(
        request, "control/room.html", status, operator=operator_of(request), may_operate=may(request, "operate"),
        sale=sale, room=room, tickets=await _tickets(database, room), form=form,
        choices=[(value, CHOICES[value][0]) for value in _possible(room)],
    )  # fmt: skip


def _possible(room: Room | None) -> tuple[str, ...]:
    """Return what can be done to a room that is as it is, the likeliest first."""
    if room is None or room.phase == "closed":
        return ("lottery", "first-come")
    return ("resume" if room.paused else "pause", "ceiling", "close")


async def _tickets(database: Database, room: Room | None) -> int:
    """Return how many tickets were given; before the draw they are counted in stripes."""
    if room is None:
        return 0
    return room.tail or sum(await rooms.stripe_counts(database, room.sale_id))
