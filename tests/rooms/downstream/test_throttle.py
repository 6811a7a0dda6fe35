"""The throttle and the budget by themselves: what they refuse, what they let through, and when they let go."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from doorbuster.clock import ManualClock
from doorbuster.downstream import (
    BUCKETS,
    EVIDENCE_MIN,
    RETRIES_MIN,
    RETRY_SHARE,
    UNWELL_AFTER,
    WELL_AFTER,
    WINDOW_SECONDS,
    RetryBudget,
    Tally,
    Throttle,
)

SEEDS = some.integers(0, 2**32)
RATES = some.sampled_from([2, 5, 20, 100])
"""Calls a second."""
LONG = settings(deadline=None, max_examples=50)


class Road:
    """Calls at a steady rate to a downstream that answers a share of them, at once."""

    def __init__(self, seed: int, rate: int) -> None:
        self.clock, self.chance, self.rate = ManualClock(), Random(seed), rate
        self.throttle = Throttle(self.clock, self.chance)

    def travel(self, seconds: float, answers: float) -> list[bool]:
        """Return of each call of that time whether it was admitted."""
        admitted = []
        for _ in range(int(seconds * self.rate)):
            self.clock.advance(1 / self.rate)
            admitted.append(self.throttle.admits())
            if admitted[-1]:
                self.throttle.tell("answered" if self.chance.random() < answers else "failed")
        return admitted


@LONG
@given(seed=SEEDS, rate=RATES)
def test_who_answers_is_never_refused_anything(seed: int, rate: int) -> None:
    assert all(Road(seed, rate).travel(150, answers=1.0))


@LONG
@given(seed=SEEDS)
def test_who_answers_most_is_hardly_refused_anything(seed: int) -> None:
    admitted = Road(seed, 20).travel(120, answers=0.7)

    assert admitted.count(False) < 0.02 * len(admitted)


@LONG
@given(seed=SEEDS, rate=RATES, well_before=some.sampled_from([0, 10, 150]), away=some.sampled_from([30, 300]))
def test_who_answers_nothing_is_asked_about_once_a_second(seed: int, rate: int, well_before: int, away: int) -> None:
    road = Road(seed, rate)
    road.travel(well_before, answers=1.0)

    admitted = road.travel(away, answers=0.0)

    assert admitted.count(True) <= UNWELL_AFTER + 1.2 * away + 10


@LONG
@given(seed=SEEDS, rate=RATES, away=some.sampled_from([30, 300]))
def test_who_is_well_again_has_all_calls_within_seconds(seed: int, rate: int, away: int) -> None:
    road = Road(seed, rate)
    road.travel(away, answers=0.0)
    road.travel(1 + (1 + WELL_AFTER) / rate, answers=1.0)

    assert all(road.travel(60, answers=1.0))


def test_the_share_is_googles_until_a_row_says_more() -> None:
    throttle = Throttle(ManualClock(), Random(1))
    for outcome in ("answered", *["failed"] * 3, "answered", *["failed"] * 7):
        throttle.tell(outcome)

    assert throttle.share() == pytest.approx((12 - 2 * 2) / (12 + 1))


def test_a_few_failures_are_no_evidence() -> None:
    throttle = Throttle(ManualClock(), Random(1))
    for _ in range(EVIDENCE_MIN - 1):
        throttle.tell("failed")

    assert throttle.share() == 0


def test_what_was_long_ago_is_forgotten() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, Random(1))
    for _ in range(50):
        throttle.tell("failed")
    clock.advance(WINDOW_SECONDS)

    assert throttle.share() == 0


def test_only_one_probe_is_under_way_at_a_time() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, Random(1))
    for _ in range(100_000):
        throttle.tell("failed")
    clock.advance(1)

    assert [throttle.admits() for _ in range(5)] == [True, False, False, False, False]
    throttle.tell("abandoned")
    assert throttle.admits(), "nobody heard what became of the first one"


@LONG
@given(steps=some.lists(some.tuples(some.floats(0, 20), some.integers(0, 5), some.integers(0, 5)), max_size=60))
def test_a_tally_counts_the_window_to_a_bucket(steps: list[tuple[float, int, int]]) -> None:
    tally, now, seen = Tally(), 0.0, []
    for pause, first, second in steps:
        now += pause
        tally.add(now, first, second)
        seen.append((now, first))

    counted = tally.sums(now)[0]
    bucket = WINDOW_SECONDS / BUCKETS
    assert sum(n for at, n in seen if at > now - WINDOW_SECONDS + bucket) <= counted
    assert counted <= sum(n for at, n in seen if at > now - WINDOW_SECONDS)


@LONG
@given(seed=SEEDS, rate=RATES, wanted=some.floats(0, 1))
def test_retries_never_exceed_their_budget(seed: int, rate: int, wanted: float) -> None:
    clock, chance = ManualClock(), Random(seed)
    budget, calls, retries = RetryBudget(clock), [], []
    for _ in range(300 * rate):
        clock.advance(1 / rate)
        budget.earn()
        calls.append(clock.seconds)
        if chance.random() < wanted and budget.spend():
            retries.append(clock.seconds)
    for until in range(0, 300, 10):
        whole = [at for at in calls if until - WINDOW_SECONDS < at <= until]
        known = [at for at in retries if until - WINDOW_SECONDS * (1 - 1 / BUCKETS) < at <= until]
        assert len(known) <= RETRIES_MIN + RETRY_SHARE * len(whole)
