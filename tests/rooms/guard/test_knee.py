"""The limit is learnt from what the database does: its best throughput times its least time."""

import pytest

from doorbuster.guard.knee import FLOOR, PROBE_AFTER_SECONDS, START, TICK_SECONDS, Knee


class Database:
    """A database that does so many at once, each in so many seconds, and takes longer when more are inside."""

    def __init__(self, parallel: int, seconds: float, ceiling: int = 64) -> None:
        self.parallel, self.seconds, self.now = parallel, seconds, 0.0
        self.knee = Knee(ceiling, 0.0)

    def run(self, seconds: float, wanting: int = 1_000) -> None:
        """Serve for a while, with so many who want to be inside at once."""
        until = self.now + seconds
        while self.now < until:
            self.now += TICK_SECONDS
            inside = min(wanting, self.knee.limit)
            each = self.seconds * max(1.0, inside / self.parallel)
            for _ in range(round(inside / each * TICK_SECONDS)):
                self.knee.finish("browse", each)
            if wanting > inside:
                self.knee.bound()
            self.knee.tick(self.now)


def test_it_begins_with_a_guess_and_never_goes_above_its_ceiling() -> None:
    database = Database(parallel=50, seconds=0.01, ceiling=8)
    assert database.knee.limit == START

    database.run(10)

    assert database.knee.limit <= 8


@pytest.mark.parametrize("parallel", [2, 4, 8, 16])
def test_it_finds_how_many_the_database_does_at_once(parallel: int) -> None:
    database = Database(parallel, seconds=0.01)

    database.run(40)

    assert parallel <= database.knee.limit <= parallel * 1.15 * 1.15 + 3


def test_a_slower_database_does_not_drive_it_up() -> None:
    database = Database(parallel=4, seconds=0.01)
    database.run(6)
    database.seconds = 0.04

    database.run(40)

    assert database.knee.limit <= 4 * 1.15 * 1.15 + 3


def test_it_finds_the_least_time_again_by_going_to_half_for_a_moment() -> None:
    database = Database(parallel=8, seconds=0.01)
    database.run(PROBE_AFTER_SECONDS - 1)
    usual, seen = database.knee.limit, set()

    for _ in range(20):
        database.run(TICK_SECONDS)
        seen.add(database.knee.limit)

    assert min(seen) <= usual / 2 + 1


def test_quick_and_slow_requests_add_up() -> None:
    knee, now = Knee(64, 0.0), 0.0
    for _ in range(20):
        now += TICK_SECONDS
        for _ in range(50):
            knee.finish("browse", 0.01)
        for _ in range(10):
            knee.finish("search", 0.1)
        knee.bound()
        knee.tick(now)

    # 100 a second of 10 ms and 20 a second of 100 ms: three inside for their work's sake.
    assert knee.limit == 5


def test_a_statement_that_was_given_up_takes_it_down_at_once_but_not_twice_in_a_moment() -> None:
    database = Database(parallel=10, seconds=0.01)
    database.run(6)
    before = database.knee.limit

    database.knee.cut(database.now)
    once = database.knee.limit
    database.knee.cut(database.now + 0.1)

    assert once == int(before * 0.7)
    assert database.knee.limit == once


def test_it_never_goes_below_its_floor() -> None:
    knee = Knee(64, 0.0)
    for second in range(20):
        knee.cut(float(second))

    assert knee.limit == FLOOR


def test_a_shop_with_nothing_to_do_keeps_what_it_has_learnt() -> None:
    database = Database(parallel=10, seconds=0.01)
    database.run(6)
    before = database.knee.limit

    database.run(60, wanting=1)

    assert database.knee.limit == before
