"""The page of queries: what statements really cost, held against their budget and against the last review."""

import pytest

from doorbuster.control.queries import CALLS, FAULTS, ROWS, SECONDS, lines_of
from doorbuster.metrics import Family, Series
from doorbuster.review.catalogue import house_subjects
from doorbuster.review.remembered import Remembered
from doorbuster.watch.collector import Collector
from doorbuster.watch.snapshots import Snapshot
from tests.rooms.control.room import Room

REVIEWED = {"order_numbered": Remembered(0.1, 4, 100_000)}


def told(name: str, calls: int, milliseconds: float, rows: int, faults: int = 0) -> Snapshot:
    """What a worker reports of one statement."""
    label, seconds = (name,), calls * milliseconds / 1000
    return Snapshot("worker 1", 1, 0.0, 1, (
        Family(CALLS, "counter", "", ("query",), (Series(label, calls),)),
        Family(ROWS, "counter", "", ("query",), (Series(label, rows),)),
        Family(FAULTS, "counter", "", ("query", "fault"), (Series((name, "DatabaseTimeout"), faults),)),
        Family(SECONDS, "histogram", "", ("query",), (Series(label, seconds, (calls,), calls),), ()),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("snapshot", "reviewed", "verdict"),
    [
        (told("order_numbered", calls=200, milliseconds=0.4, rows=200), REVIEWED, "as reviewed"),
        (told("order_numbered", calls=10, milliseconds=80, rows=10), REVIEWED, "drifted"),
        (told("order_numbered", calls=10, milliseconds=1, rows=500), REVIEWED, "over budget"),
        (told("order_numbered", calls=10, milliseconds=1, rows=10, faults=3), REVIEWED, "failing"),
        (told("order_numbered", calls=10, milliseconds=1, rows=10), {}, "never reviewed"),
    ],
)
def test_a_statement_is_held_against_its_budget_and_the_last_review(
    snapshot: Snapshot, reviewed: dict[str, Remembered], verdict: str
) -> None:
    collector = Collector()
    collector.take(snapshot, 10.0)

    lines = lines_of(collector.totals(), house_subjects(), reviewed)

    assert [(line.name, line.verdict) for line in lines] == [("order_numbered", verdict)]


async def test_the_page_shows_what_was_called_with_the_database_away(dark_room: Room) -> None:
    viewer = await dark_room.enter("viewer")
    dark_room.house.collector.take(told("order_numbered", 1_000, 2.5, 1_000), dark_room.house.clock.monotonic())

    assert (await viewer.get("/queries")).says("order_numbered", "Share of time")
