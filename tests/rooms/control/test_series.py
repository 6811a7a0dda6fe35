"""The series behind the pictures, for programs: what was measured, bounded, and for those who may read the metrics."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from doorbuster.watch.series import open_series
from doorbuster.watch.signals import Tick
from tests.rooms.control.room import Room


async def ask(room: Room, query: str, tmp_path: Path, address: str = "127.0.0.1"):
    now = int(room.clock.now().timestamp())
    with open_series(tmp_path / "seen.sqlite") as series:
        for second in range(60):
            series.add(Tick(now - 59 + second, {"http.requests": float(second), "http.p99": float("inf")}))
        room.state["house"] = replace(room.house, series=series)
        visitor = await room.enter("viewer")
        visitor.address = address
        return await visitor.get(f"/api/v1/series{query}")


async def test_a_program_fetches_what_a_picture_was_drawn_from(room: Room, tmp_path: Path) -> None:
    now = int(room.clock.now().timestamp())
    told = json.loads((await ask(room, f"?names=http.requests,http.p99&since={now - 2}&until={now}", tmp_path)).text)

    assert (told["since"], told["until"]) == (now - 2, now)
    assert told["series"][0] == {"name": "http.requests", "points": [[now - 2, 57.0], [now - 1, 58.0], [now, 59.0]]}
    assert told["series"][1]["points"] == [], "what is no number is left out"


async def test_without_names_it_tells_which_there_are(room: Room, tmp_path: Path) -> None:
    assert "http.requests" in json.loads((await ask(room, "", tmp_path)).text)["names"]


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("?names=" + ",".join(f"n{n}" for n in range(11)), "$.names"),
        ("?names=a&since=0&until=400000", "$.since"),
        ("?names=a&since=9&until=3", "$.since"),
        ("?names=a&since=yesterday", "$.since"),
        ("?name=a", "$"),
    ],
)
async def test_what_is_too_much_or_unknown_is_told_by_name(room: Room, tmp_path: Path, query: str, at: str) -> None:
    answer = await ask(room, query, tmp_path)

    assert answer.status == 400
    assert json.loads(answer.text)["at"] == at


async def test_a_name_that_is_none_is_refused_with_those_it_may_have_been_meant_for(room: Room, tmp_path: Path) -> None:
    answer = await ask(room, "?names=http.p99,http.request", tmp_path)
    told = json.loads(answer.text)

    assert (answer.status, told["at"], told["near"][0]) == (400, "$.names", "http.requests")
    assert "`http.request`" in told["detail"]
    assert "`http.requests`" in told["detail"]


async def test_a_name_that_is_like_nothing_is_refused_with_the_way_to_all_of_them(room: Room, tmp_path: Path) -> None:
    told = json.loads((await ask(room, "?names=" + "%E2%98%83" * 300, tmp_path)).text)

    assert told["near"] == []
    assert told["detail"].endswith("Ask without `names` for all.")


async def test_strangers_read_no_series(room: Room, tmp_path: Path) -> None:
    assert (await ask(room, "?names=http.requests", tmp_path, address="192.0.2.7")).status == 403
