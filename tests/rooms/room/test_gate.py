"""The gate: who is sent to the room, who goes on, and the one document that everybody who waits reads."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from doorbuster.clock import ManualClock
from doorbuster.room.gate import RoomGate
from doorbuster.room.memory import STATUS_BYTES_MAX, RoomMemory, status_document
from doorbuster.room.places import between, place_of, span_between
from doorbuster.room.rooms import Room, close_room, pause_room
from doorbuster.room.signing import Signer, Ticket, pass_cookie
from doorbuster.settings import from_environment
from doorbuster.web.sessions import mint
from tests.rooms.room.conftest import SOLD, House
from tests.rooms.sale.market import statement

REFUSED = statement("SELECT refused FROM rooms")


async def passed_on(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inside"})


class Gated:
    """A gate before a sale of lamps, and callers who knock."""

    def __init__(self, house: House, home: Path, clock: ManualClock) -> None:
        settings = from_environment({"DOORBUSTER_HOME": str(home), "DOORBUSTER_SECRET": "s" * 40, "WORKERS": "1"})
        self.house, self.clock, self.refused = house, clock, 0
        self.signer = Signer(settings.secret, secure=False)
        self.rooms = RoomMemory(house.database, [(b"x-data", b"1")], lambda: self.refused)
        self.gate = RoomGate(passed_on, self.rooms, self.signer, settings, clock=clock)
        self.shopper = mint(settings.secret, secure=False)
        assert self.shopper.cookie is not None
        self.cookie = self.shopper.cookie.partition(";")[0]
        self.holds = (f"/sales/{house.sale.handle}/holds", f"/api/v1/sales/{house.sale.id}/holds")

    def pass_of(self, customer: str, seconds: int = 60, sale_id: UUID | None = None) -> str:
        sale_id = sale_id or self.house.sale.id
        text = self.signer.pass_text(sale_id, customer, int(self.clock.now().timestamp()) + seconds)
        return f"{pass_cookie(self.house.sale.id)}={text}"

    async def knock(
        self, path: str, method: str = "POST", cookie: str = "", room_pass: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        headers = [(b"cookie", cookie.encode())] if cookie else []
        headers += [(b"room-pass", room_pass.encode())] if room_pass else []
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        await self.gate(scope, None, send)  # type: ignore[arg-type]  # nobody reads a body here
        return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"]

    async def statuses(self, cookie: str = "") -> list[int]:
        return [(await self.knock(path, cookie=cookie))[0] for path in self.holds]


@pytest.fixture
async def gated(house: House, tmp_path: Path, clock: ManualClock) -> Gated:
    found = Gated(house, tmp_path, clock)
    await house.open()
    await found.rooms.refresh()
    return found


async def test_without_a_room_everybody_goes_on(house: House, tmp_path: Path, clock: ManualClock) -> None:
    gated = Gated(house, tmp_path, clock)
    await gated.rooms.refresh()

    assert await gated.statuses() == [200, 200]
    assert (await gated.knock(f"/api/v1/sales/{house.sale.id}/room", "GET"))[2] == b"inside"


async def test_a_claim_without_a_pass_is_led_to_the_room(gated: Gated) -> None:
    page, program = [await gated.knock(path) for path in gated.holds]
    told = msgspec.json.decode(program[2])

    assert (page[0], page[1]["location"]) == (303, "/sales/lamps/room")
    assert page[1]["x-data"] == program[1]["x-data"] == "1"
    assert (program[0], program[1]["retry-after"]) == (429, "10")
    assert program[1]["content-type"] == "application/problem+json"
    assert told["type"] == "/problems/waiting-room"
    assert told["room"] == "/sales/lamps/room"
    assert told["pass"].endswith("/room/pass")


async def test_the_page_of_the_sale_stays_open_to_everybody(gated: Gated) -> None:
    for path in ("/sales/lamps", "/sales/lamps/waiting", f"/api/v1/sales/{gated.house.sale.id}/status", "/"):
        assert (await gated.knock(path, "GET"))[0] == 200


async def test_a_pass_opens_the_gate_for_its_owner_until_it_ends(gated: Gated) -> None:
    own = f"{gated.cookie}; {gated.pass_of(gated.shopper.key)}"

    assert await gated.statuses(own) == [200, 200]
    assert await gated.statuses(f"{gated.cookie}; {gated.pass_of('s:somebody')}") == [303, 429]
    assert await gated.statuses(gated.pass_of(gated.shopper.key)) == [303, 429]
    assert await gated.statuses(f"{gated.cookie}; {gated.pass_of(gated.shopper.key, sale_id=UUID(int=1))}") == [
        303,
        429,
    ]
    gated.clock.advance(61)
    assert await gated.statuses(own) == [303, 429]


async def test_a_program_may_show_its_pass_in_a_header(gated: Gated) -> None:
    text = gated.pass_of(gated.shopper.key).partition("=")[2]

    assert (await gated.knock(gated.holds[1], cookie=gated.cookie, room_pass=text))[0] == 200
    assert (await gated.knock(gated.holds[1], cookie=gated.cookie, room_pass="forged~AAAA"))[0] == 429


async def test_when_all_is_sold_the_door_itself_says_so(gated: Gated) -> None:
    await gated.house.database.execute(SOLD, sale_id=gated.house.sale.id)
    await gated.house.second()
    await gated.rooms.refresh()

    assert await gated.statuses() == [200, 200]
    status = msgspec.json.decode((await gated.knock("/sales/lamps/room/status.json", "GET"))[2])
    assert (status["phase"], status["stock"]) == ("sold_out", "none")


async def test_a_closed_room_stands_in_nobodys_way(gated: Gated) -> None:
    await close_room(gated.house.database, gated.house.sale.id)
    await gated.rooms.refresh()

    assert await gated.statuses() == [200, 200]


async def test_the_status_is_the_same_for_all_and_may_be_kept_for_a_second(gated: Gated) -> None:
    await gated.house.enter("ann", "bob")
    await gated.house.second()
    await gated.rooms.refresh()
    paths = ("/sales/lamps/room/status.json", f"/api/v1/sales/{gated.house.sale.id}/room")
    page, program = [await gated.knock(path, "GET", cookie=gated.cookie) for path in paths]

    assert page == program
    status, headers, body = page
    assert (status, headers["cache-control"]) == (200, "public, max-age=1, stale-while-revalidate=5")
    assert "set-cookie" not in headers
    assert "vary" not in headers
    assert msgspec.json.decode(body) | {"seed": ""} == {
        "phase": "admitting", "paused": False, "serving": 2, "tail": 2, "rate": 0.4, "n": 0, "seed": "",
        "offsets": [0] * 12, "stock": "many", "poll": [2, 30],
    }  # fmt: skip


async def test_what_was_refused_for_load_is_told_to_the_controller_once(gated: Gated) -> None:
    gated.refused = 3
    await gated.rooms.refresh()
    await gated.rooms.refresh()

    assert [row["refused"] for row in await gated.house.database.fetch(REFUSED)] == [3]


def room_of(**changes: Any) -> Room:
    noon = datetime(2026, 11, 27, 12, tzinfo=UTC)
    facts: dict[str, Any] = {
        "sale_id": UUID(int=1), "handle": "lamps", "title": "Lamps", "opens_at": noon, "closes_at": noon,
        "entry_order": "lottery", "phase": "admitting", "paused": False, "commitment": b"c" * 32, "beacon": "",
        "seed": b"s" * 32, "secret": b"t" * 32, "cohort": 10, "offsets": (0,) * 12, "tail": 500, "serving": 20,
        "rate": 2.0, "pace": 2.0, "rate_max": None, "admitted": 3, "units": 100, "units_left": 50, "work_bits": 0,
    }  # fmt: skip
    return Room(**facts | changes)


def test_a_status_of_ten_million_tickets_is_small() -> None:
    offsets = tuple(range(1_000_000, 13_000_000, 1_000_000))
    huge = room_of(
        phase="registering", cohort=10_000_000, offsets=offsets, tail=20_000_000, serving=19_999_999, pace=99999.9
    )

    assert len(status_document(huge)) <= STATUS_BYTES_MAX


def test_an_estimate_is_an_interval_or_nothing() -> None:
    assert between(480, room_of()) == (180, 360)
    assert span_between(180, 360) == "between 3 and 6 minutes"
    assert span_between(30, 60) == "less than a minute"
    assert span_between(45, 90) == "up to 2 minutes"
    assert between(480, room_of(paused=True)) is None
    assert between(480, room_of(pace=0.0)) is None


def test_a_place_is_worked_out_from_the_ticket_and_the_room() -> None:
    late = Ticket(None, 70, 0)

    assert place_of(room_of(), None).state == "outside"
    assert place_of(room_of(phase="registering", seed=None), Ticket(3, 0, 0)).state == "registered"
    waiting = place_of(room_of(), late)
    assert (waiting.state, waiting.ahead, waiting.wait_words) == ("waiting", 50, "less than a minute")
    assert place_of(room_of(serving=71), late).state == "called"
    assert place_of(room_of(phase="sold_out"), late).state == "sold_out"
    assert place_of(room_of(), late, passed=True).state == "passed"


async def test_a_paused_room_says_so(gated: Gated) -> None:
    await pause_room(gated.house.database, gated.house.sale.id)
    await gated.rooms.refresh()

    assert msgspec.json.decode((await gated.knock("/sales/lamps/room/status.json", "GET"))[2])["paused"]
