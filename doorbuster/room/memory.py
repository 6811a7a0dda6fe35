"""What a worker knows by heart about the waiting rooms, and the status document that everybody who waits reads.

Promises: the document is the same for all, at most 300 bytes, and lies ready; reading it costs no database.
Never: forgets an open room because PostgreSQL is away: whoever was admitted goes on, whoever waits waits.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from doorbuster.database import Database
from doorbuster.room.release import report_refusals
from doorbuster.room.rooms import Room, live_rooms
from doorbuster.sale.sale_page import band_of
from doorbuster.sale.window import RawHeaders, Sent, sent

REFRESH_SECONDS = 0.5
STATUS_BYTES_MAX = 300
POLL_SECONDS = (2, 30)
"""How often one who waits may ask: between these, by how far away the turn is."""
STATUS_HEADERS: RawHeaders = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"public, max-age=1, stale-while-revalidate=5"),
]


@dataclass(frozen=True, slots=True)
class Shown:
    """One room as a worker shows it."""

    room: Room
    status: Sent


class RoomMemory:
    """The open rooms, read again every REFRESH_SECONDS by `refresh`."""

    def __init__(self, database: Database, data_headers: RawHeaders, refused: Callable[[], float]) -> None:
        """Start empty; `refused` returns how many claims this process has refused for load so far."""
        self._database, self._refused = database, refused
        self._refused_told = 0
        self.data_headers = data_headers
        self._by_id: dict[str, Shown] = {}
        self._by_handle: dict[str, Shown] = {}

    async def refresh(self) -> None:
        """Read the open rooms, and tell the controller of claims that were refused for load since the last time."""
        rooms, headers = await live_rooms(self._database), [*STATUS_HEADERS, *self.data_headers]
        shown = [Shown(room, sent(200, headers, status_document(room))) for room in rooms]
        self._by_id = {str(each.room.sale_id): each for each in shown}
        self._by_handle = {each.room.handle: each for each in shown}
        refused = int(self._refused())
        if shown and refused > self._refused_told:
            await report_refusals(self._database, refused - self._refused_told)
        self._refused_told = refused

    def by_id(self, sale_id: str) -> Shown | None:
        """Return the open room of the sale of that id, or None."""
        return self._by_id.get(sale_id)

    def by_handle(self, handle: str) -> Shown | None:
        """Return the open room of the sale of that address, or None."""
        return self._by_handle.get(handle)

    def has_room(self, sale_id: UUID) -> bool:
        """Say whether a sale has an open room."""
        return str(sale_id) in self._by_id


def status_document(room: Room) -> bytes:
    """Return what everybody who waits needs to know, each of whom works out the own place from it."""
    return msgspec.json.encode(
        {
            "phase": room.phase,
            "paused": room.paused,
            "serving": room.serving,
            "tail": room.tail,
            "rate": round(room.pace, 1),
            "n": room.cohort,
            "seed": urlsafe_b64encode(room.seed).decode().rstrip("=") if room.seed else None,
            "offsets": room.offsets,
            "stock": stock_of(room),
            "poll": POLL_SECONDS,
        }
    )


def stock_of(room: Room) -> str:
    """Say in a word how much is left: many, few or none."""
    band = band_of(room.units_left, room.units)
    return {"many": "many", "half": "many", "none": "none"}.get(band, "few")
