"""Whom the threshold turns away: the least important first, and within a priority the same callers for an hour."""

import random
from itertools import pairwise

from doorbuster.guard.lanes import BROWSE, CART, CHECKOUT, EXTRAS
from doorbuster.guard.threshold import LAGGING_SHED, NEVER_SHED, Threshold, level_of

HOUR = 3_600.0


def arrive(threshold: Threshold, levels: list[int], finished: int) -> int:
    """Let these arrive and so many be done; return how many were let in."""
    stayed = sum(threshold.arrive(level) for level in levels)
    for _ in range(finished):
        threshold.finish()
    return stayed


def test_a_caller_keeps_their_level_for_an_hour() -> None:
    levels = {level_of(BROWSE, "s:ada", HOUR * 7 + second) for second in range(0, 3_600, 60)}

    assert len(levels) == 1


def test_in_another_hour_it_is_others_turn() -> None:
    assert len({level_of(BROWSE, "s:ada", HOUR * hour) for hour in range(24)}) > 10


def test_what_matters_more_has_a_higher_level_whoever_asks() -> None:
    keys = [f"s:{number}" for number in range(200)]
    lanes = [EXTRAS, BROWSE, CART, CHECKOUT]

    for lower, higher in pairwise(lanes):
        assert max(level_of(lower, key, 0) for key in keys) < min(level_of(higher, key, 0) for key in keys)


def test_nobody_is_refused_while_nobody_waits() -> None:
    threshold = Threshold()
    arrive(threshold, list(range(400)), finished=10)

    threshold.look(standing=False, lagging=False)

    assert threshold.level == 0


def test_at_ten_times_the_load_one_look_finds_whom_to_refuse() -> None:
    chance, threshold = random.Random(7), Threshold()
    crowd = [100 + chance.randrange(100) for _ in range(1_000)]
    arrive(threshold, crowd, finished=100)

    threshold.look(standing=True, lagging=False)
    stayed = arrive(threshold, crowd, finished=0)

    # 1.15 times what could be done, give or take who shares a cohort.
    assert 100 <= stayed <= 135


def test_buyers_are_never_below_it() -> None:
    threshold = Threshold()
    arrive(threshold, [399] * 500, finished=1)

    threshold.look(standing=True, lagging=False)

    assert threshold.level <= NEVER_SHED
    assert threshold.arrive(300)


def test_it_comes_down_by_itself_when_the_crowd_has_gone() -> None:
    threshold = Threshold()
    arrive(threshold, list(range(100, 200)) * 10, finished=100)
    threshold.look(standing=True, lagging=False)
    assert threshold.level > 150

    for _ in range(8):
        threshold.look(standing=False, lagging=False)

    assert threshold.level == 0


def test_a_worker_that_is_late_with_everything_sheds_lookers_only() -> None:
    threshold = Threshold()
    arrive(threshold, list(range(400)), finished=400)
    for _ in range(20):
        threshold.look(standing=False, lagging=True)

    assert threshold.level == LAGGING_SHED
