"""The database's page: what the watch saw, drawn so that a tired person sees the trouble."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from doorbuster.control.database_pages import by_dimension, long_transactions, mean, top_queries, who_blocks_whom
from doorbuster.control.stacks import HEIGHT, WIDTH, stack
from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import DatabaseSample, Session, Statement
from doorbuster.watch.series import open_series
from doorbuster.watch.signals import Tick
from tests.rooms.control.room import Room


def session(pid: int, *blocked_by: int, **more: object) -> Session:
    facts = {
        "query_name": "claim_holds", "state": "active", "wait_class": "lock" if blocked_by else "cpu",
        "wait_event": "transactionid", "seconds": 1.0, "transaction_seconds": 2.0, "application": "web-1",
    }  # fmt: skip
    return Session(pid=pid, blocked_by=blocked_by, **(facts | more))


def ticks(*values: dict[str, float], begin: int = 1_000) -> list[Tick]:
    return [Tick(begin + number, each) for number, each in enumerate(values)]


@pytest.fixture
def see(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Let a control room have seen this a moment ago, and nothing else."""
    with open_series(tmp_path / "seen.sqlite") as series:

        def see(room: Room, values: dict[str, float] | None = None, *sessions: Session) -> None:
            now = int(room.clock.now().timestamp())
            for at in (now - 2, now - 1, now) if values else ():
                series.add(Tick(at, values))
            sample = DatabaseSample(now, values["db.up"] == 1, sessions=sessions, why="it is off") if values else None
            room.state["house"] = replace(room.house, series=series, senses=SimpleNamespace(sample=sample))

        yield see


WELL = {"db.up": 1.0, "db.answer_seconds": 0.0012, "db.cpu": 2.0, "db.active": 2.0, "db.connections_max": 97.0}


async def test_a_healthy_database_is_told_in_one_line(room: Room, see):
    see(room, WELL)
    answer = await (await room.enter("viewer")).get("/database")

    assert answer.status == 200
    assert answer.says("PostgreSQL answers in 1.2 ms.", "2 computing", "Nobody waits for anybody")


async def test_who_stands_in_the_way_is_shown_above_those_who_wait(room: Room, see):
    holder = session(7, state="idle in transaction", wait_class="", query_name="place_orders", transaction_seconds=42.0)
    see(room, WELL | {"db.blocked": 2.0, "db.lock": 2.0}, holder, session(8, 7), session(9, 8))
    answer = await (await room.enter("viewer")).get("/database")

    assert answer.says("2 sessions wait for a lock.", "stands in the way place_orders", "idle in transaction", "42 s")
    assert re.findall(r"chain--(\d)", answer.text) == ["0", "1", "2"]


async def test_a_database_that_is_gone_is_said_and_the_past_is_still_drawn(dark_room: Room, see):
    see(dark_room, WELL | {"db.up": 0.0})
    answer = await (await dark_room.enter("viewer")).get("/database")

    assert answer.status == 200
    assert answer.says("PostgreSQL does not answer.", "it is off")
    assert 'class="chart__cpu" d="M' in answer.text


async def test_what_postgresql_counted_itself_is_shown_where_it_does(room: Room, see):
    see(room, WELL)
    viewer = await room.enter("viewer")
    assert not (await viewer.get("/database")).says("pg_stat_statements")

    counted = (Statement("claim_holds", 10.0, 0.02, 20.0, 50.0), Statement("unknown", 2.0, 1.0, 2.0, 4.0))
    room.house.senses.sample = replace(room.house.senses.sample, statements=counted)
    answer = await viewer.get("/database")

    assert answer.says("pg_stat_statements", "claim_holds 10 2.00 2.0 5.0", "none of ours 2.0 500.00")


async def test_what_changed_stands_on_the_page(room: Room, see):
    see(room, WELL)
    room.house.series.note(Change(int(room.clock.now().timestamp()) - 60, "index_dropped", "orders_by_number"))
    answer = await (await room.enter("viewer")).get("/database")

    assert answer.says("index dropped orders_by_number")


async def test_a_control_room_that_has_just_opened_says_so(room: Room, see):
    see(room)
    answer = await (await room.enter("viewer")).get("/database")

    assert answer.says("The watch has just begun to look.")


def test_a_circle_of_waiters_ends():
    assert who_blocks_whom([session(1, 2), session(2, 1)]) == []
    assert [line.pid for line in who_blocks_whom([session(1, 2), session(2, 1, 3)])] == [3, 2, 1]


def test_a_query_is_judged_by_its_share_of_the_time():
    now = {
        "query.seconds:claim_holds": 3.0, "query.calls:claim_holds": 100.0, "query.rows:claim_holds": 200.0,
        "query.seconds:watch_sessions": 1.0, "query.calls:watch_sessions": 1.0, "db.active:claim_holds": 4.0,
    }  # fmt: skip
    (found,) = top_queries(ticks(now, now))

    assert (found.name, found.share, found.milliseconds, found.rows, found.at_work) == (
        "claim_holds", pytest.approx(0.75), pytest.approx(30), pytest.approx(2), pytest.approx(4),
    )  # fmt: skip


def test_the_longest_transaction_comes_first():
    sample = DatabaseSample(0, True, sessions=(session(1), session(2, transaction_seconds=9.0), session(3)))

    assert [each.pid for each in long_transactions(sample)] == [2, 1, 3]


def test_means_are_over_the_seconds_that_are_known():
    assert mean(ticks({"a": 2.0}, {}, {"a": 4.0}), "a") == 3.0
    assert mean([], "a") is None
    assert by_dimension(ticks({"t:x": 4.0, "t:y": 8.0}, {"t:x": 0.0}), "t:") == [("y", 4.0), ("x", 2.0)]


def test_a_second_that_is_not_known_is_a_gap_and_not_a_zero():
    drawn = stack(ticks({"a": 1.0}, {"a": 1.0}, {}, {"a": 1.0}, {"a": 1.0}), ("a",), seconds=4)

    assert drawn.layers[0].path.count("M") == 2


def test_layers_stand_upon_each_other_and_the_highest_touches_the_top():
    drawn = stack(ticks({"a": 1.0, "b": 3.0}, {"a": 1.0, "b": 3.0}), ("a", "b"), seconds=1)

    assert drawn.top == 4
    assert drawn.layers[0].path == f"M0.0 120.0 L{WIDTH}.0 120.0 L{WIDTH}.0 {HEIGHT}.0 L0.0 {HEIGHT}.0 Z"
    assert drawn.layers[1].path.startswith("M0.0 0.0")
