"""A crowd at a waiting room: a ticket, then only the public document until it is one's turn, then a pass."""

import json

from doorbuster.clock import SystemClock
from doorbuster.drill import crowd
from doorbuster.drill.record import Record
from doorbuster.drill.waiting_room import solved
from doorbuster.room.work import zero_bits
from tests.rooms.drill.double import NO_HABITS, QUICK, Request, TinyShop, double_of, http, plan_for, problem


class Roomy(TinyShop):
    """A tiny shop with a room: each look at its document calls one more, and nobody claims without a pass."""

    def __init__(self, units: int, phase: str = "admitting") -> None:
        super().__init__(units=units)
        self.phase, self.serving, self.tickets = phase, 0, 0

    async def __call__(self, request: Request) -> bytes | None:
        noun = request.path.rpartition("/room")[2] if "/room" in request.path else None
        if noun is None and request.path.endswith("/holds") and "pass=yes" not in request.headers.get("cookie", ""):
            return problem(429, "waiting-room", retry_after="1")
        return await super().__call__(request) if noun is None else self.room(request, noun)

    def room(self, request: Request, noun: str) -> bytes:
        if noun == "/tickets" and "room-work" not in request.headers:
            body = {"type": "/problems/work-wanted", "title": "", "challenge": "sum", "bits": 8}
            return http(403, json.dumps(body), content_type="application/problem+json")
        if noun == "/tickets":
            challenge, _, solution = request.headers["room-work"].partition(" ")
            assert zero_bits(challenge, solution) >= 8
            self.tickets += 1
            return http(201, "{}", set_cookie="ticket=mine; Path=/")
        if noun == "/ticket":
            return http(200, '{"position": 1}')
        if noun == "/pass":
            return http(201, "{}", set_cookie="pass=yes; Path=/")
        self.serving += 1
        status = {"phase": self.phase, "serving": self.serving, "rate": 50.0, "poll": [0.01, 0.02]}
        return http(200, json.dumps(status))


async def crowd_at(shop: Roomy) -> tuple[Record, list[str]]:
    async with double_of(shop) as double:
        shop.url = double.url
        record = await crowd.release(plan_for(double.url, arrivals=[0.0], habits=NO_HABITS, pace=QUICK), SystemClock())
        return record, [f"{request.method} {request.path.rpartition('/')[2]}" for request in double.asked]


async def test_whoever_is_led_to_the_room_waits_there_and_claims_with_a_pass() -> None:
    record, asked = await crowd_at(Roomy(units=1))

    assert [fate.outcome for fate in record.fates] == ["bought"]
    assert asked[:8] == [
        "POST holds", "POST tickets", "POST tickets", "GET room", "GET ticket", "GET room", "POST pass", "POST holds",
    ]  # fmt: skip


async def test_waiting_hurts_nobody_and_is_no_refusal() -> None:
    record, _ = await crowd_at(Roomy(units=1))

    assert not any(attempt.hurt for attempt in record.attempts)
    assert {each.kind for each in record.attempts if each.status in {403, 429}} == {"WaitingRoom", "WorkWanted"}


async def test_a_room_that_is_sold_out_tells_so_and_nobody_claims_again() -> None:
    record, asked = await crowd_at(Roomy(units=1, phase="sold_out"))

    assert [fate.outcome for fate in record.fates] == ["told_sold_out"]
    assert asked.count("POST holds") == 1


async def test_the_sum_is_the_one_that_the_room_checks() -> None:
    assert zero_bits("challenge", await solved("challenge", 10)) >= 10
