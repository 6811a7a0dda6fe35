"""A shopper's place in a room: from the ticket's cookie and what the worker knows by heart, to what the page says.

Promises: an estimate is an interval that says how sure it is, or nothing at all.
"""

import math
from dataclasses import dataclass
from typing import Literal, Protocol, cast
from uuid import UUID

from starlette.requests import Request

from doorbuster.clock import Clock
from doorbuster.database import Database
from doorbuster.room.draw import LATER_BANDS, band_of_stripe
from doorbuster.room.entering import Entrance, Newcomer, Owing, ticket_of
from doorbuster.room.flood import BITS, Flood, band_of_bits, bits_of_band
from doorbuster.room.memory import RoomMemory
from doorbuster.room.rooms import Room
from doorbuster.room.signing import Signer, Ticket, pass_cookie, ticket_cookie
from doorbuster.room.work import zero_bits
from doorbuster.sale.memory import SaleMemory
from doorbuster.settings import Settings
from doorbuster.web.networks import Networks
from doorbuster.web.sessions import Shopper, shopper_of

State = Literal["outside", "registered", "waiting", "called", "passed", "sold_out"]
SOONER, LATER = 0.75, 1.5
"""A wait is told as from three quarters to one and a half times what the present pace would make it."""
SALE_KEPT_SECONDS = 3600


class RoomHouse(Protocol):
    """What these pages need of their house; `till` are the connections kept for those who buy."""

    @property
    def settings(self) -> Settings:
        """Return the settings."""
        ...

    @property
    def clock(self) -> Clock:
        """Return the clock."""
        ...

    @property
    def memory(self) -> SaleMemory:
        """Return what the worker knows of the live sales."""
        ...

    @property
    def rooms(self) -> RoomMemory:
        """Return what the worker knows of the open rooms."""
        ...

    @property
    def entrance(self) -> Entrance:
        """Return what gives tickets and passes in batches."""
        ...

    @property
    def signer(self) -> Signer:
        """Return what signs tickets and passes."""
        ...

    @property
    def flood(self) -> Flood:
        """Return what says whether a ticket costs a sum."""
        ...

    @property
    def networks(self) -> Networks:
        """Return what tells the network of a caller."""
        ...

    @property
    def till(self) -> Database:
        """Return the connections kept for those who buy."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shopper stands; `position` counts from 0 and is None before the draw."""

    state: State
    ticket: Ticket | None = None
    position: int | None = None
    ahead: int | None = None
    between_seconds: tuple[int, int] | None = None

    @property
    def is_later(self) -> bool:
        """Say whether the ticket is drawn after others, because its network has many."""
        stripe = self.ticket.stripe if self.ticket else None
        return stripe is not None and band_of_stripe(stripe) > 0

    @property
    def wait_words(self) -> str:
        """Return the estimate as a sentence says it, or an empty text when nothing honest can be said."""
        return span_between(*self.between_seconds) if self.between_seconds else ""


@dataclass(frozen=True, slots=True)
class Done:
    """The sum that came with a request: a challenge and its solution, or empty texts."""

    challenge: str = ""
    solution: str = ""


@dataclass(frozen=True, slots=True)
class SumWanted:
    """No ticket without a sum of so many zero bits; `in_vain` says that one came along that was not worth anything."""

    bits: int
    in_vain: bool


def room_house_of(request: Request) -> RoomHouse:
    """Return the house that this request came into."""
    return cast(RoomHouse, request.state.house)


def shopper_of_request(request: Request) -> Shopper | None:
    """Return the shopper whose cookie came along, or None."""
    settings = room_house_of(request).settings
    return shopper_of(request.headers, settings.secret, settings.secure_cookies)


async def ticket_of_shopper(request: Request, room: Room, shopper: Shopper | None) -> Ticket | None:
    """Return the shopper's ticket: from its cookie, or from the database for who lost it."""
    if shopper is None:
        return None
    house = room_house_of(request)
    text = house.signer.kept(ticket_cookie(room.sale_id), request.headers.get("cookie", ""))
    kept = house.signer.ticket_of(room.sale_id, shopper.key, text)
    return kept or await ticket_of(house.till, room.sale_id, shopper.key)


async def take_ticket(request: Request, room: Room, shopper: Shopper, done: Done) -> Ticket | SumWanted | None:
    """Give the shopper a ticket, the first one for ever, or ask for a sum; None when nothing is left."""
    house = room_house_of(request)
    ours = house.signer.is_challenge(room.sale_id, shopper.key, done.challenge, house.clock.now().timestamp())
    did = zero_bits(done.challenge, done.solution) if ours else 0
    bits = await _bits_to_solve(request, room, shopper)
    if did < bits:
        return SumWanted(bits, in_vain=bool(done.challenge))
    paid = LATER_BANDS if house.flood.waived else band_of_bits(did)
    newcomer = Newcomer(shopper.key, house.networks.of(request.scope), paid)
    answer = await house.entrance.enter(room.sale_id, newcomer)
    if isinstance(answer, Owing):
        # A good sum may have become too small meanwhile, because others of the network have come: that is not in vain.
        return SumWanted(max(bits, bits_of_band(answer.band)), in_vain=bool(done.challenge) and did < BITS)
    return answer


async def _bits_to_solve(request: Request, room: Room, shopper: Shopper) -> int:
    """Count who asks for a first ticket, and return what each costs: 0 is nothing, and so it is for who has one."""
    house = room_house_of(request)
    known = house.signer.kept(ticket_cookie(room.sale_id), request.headers.get("cookie", ""))
    if house.signer.ticket_of(room.sale_id, shopper.key, known) is None:
        house.flood.joined(house.networks.of(request.scope))
    bits = house.flood.bits(room.work_bits)
    return bits if bits and await ticket_of_shopper(request, room, shopper) is None else 0


def has_pass(request: Request, sale_id: UUID, shopper: Shopper | None) -> bool:
    """Say whether a pass that is still good came along."""
    house = room_house_of(request)
    text = house.signer.kept(pass_cookie(sale_id), request.headers.get("cookie", ""))
    now = house.clock.now().timestamp()
    return shopper is not None and house.signer.is_pass(sale_id, shopper.key, text, now)


def place_of(room: Room, ticket: Ticket | None, *, passed: bool = False) -> Place:
    """Work out a place from a ticket and the room as it is."""
    position = room.position(ticket.stripe, ticket.place) if ticket else None
    ahead = max(0, position - room.serving) if position is not None else None
    if passed:
        return Place("passed", ticket, position, ahead)
    if room.phase == "sold_out":
        return Place("sold_out", ticket, position, ahead)
    if ticket is None:
        return Place("outside")
    if room.phase == "registering" or position is None or ahead is None:
        return Place("registered", ticket, position, ahead)
    if position < room.serving:
        return Place("called", ticket, position, 0)
    return Place("waiting", ticket, position, ahead, between(ahead + 1, room))


def between(number: int, room: Room) -> tuple[int, int] | None:
    """Return in how many seconds at the least and the most so many will be called, or None while it does not move."""
    if room.paused or room.pace < 0.05:
        return None
    seconds = number / room.pace
    return math.floor(seconds * SOONER), math.ceil(seconds * LATER)


def span_between(least: int, most: int) -> str:
    """Write an interval as people say it: between 4 and 7 minutes."""
    if most <= 60:
        return "less than a minute" if most > 10 else "a few seconds"
    sooner, later = least // 60, math.ceil(most / 60)
    return f"between {sooner} and {later} minutes" if sooner else f"up to {later} minutes"


def seconds_kept(room: Room, now: float) -> float:
    """Return how long a browser keeps what belongs to a sale: a little longer than the sale."""
    return room.closes_at.timestamp() - now + SALE_KEPT_SECONDS
