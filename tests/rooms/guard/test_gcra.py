"""GCRA: never more than burst and rate allow, whatever the rhythm; the time to come back is exact; memory is finite."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorbuster.guard.gcra import Meter, Rate

PAUSES = some.lists(some.floats(0, 3, allow_nan=False), min_size=1, max_size=200)
RATES = some.builds(Rate, per_second=some.sampled_from([0.1, 0.5, 1.0, 2.0, 10.0]), burst=some.integers(1, 20))


def passed(meter: Meter, now: float, key: str = "ada") -> bool:
    verdict = meter.ask(key, now)
    if verdict.passes:
        meter.count(key, now)
    return verdict.passes


def test_a_burst_passes_at_once_and_no_more() -> None:
    meter = Meter(Rate(1, 5))

    assert [passed(meter, 100.0) for _ in range(8)] == [True] * 5 + [False] * 3


def test_then_one_passes_with_each_period() -> None:
    meter = Meter(Rate(2, 3))
    for _ in range(3):
        passed(meter, 0.0)

    assert [passed(meter, moment) for moment in (0.4, 0.5, 0.6, 1.0)] == [False, True, False, True]


def test_callers_do_not_share_their_turns() -> None:
    meter = Meter(Rate(1, 1))

    assert passed(meter, 0.0, "ada")
    assert passed(meter, 0.0, "bob")


def test_asking_counts_nothing() -> None:
    meter = Meter(Rate(1, 1))

    assert all(meter.ask("ada", 0.0).passes for _ in range(10))


def test_what_remains_is_told() -> None:
    meter = Meter(Rate(1, 5))
    meter.count("ada", 0.0)

    assert meter.ask("ada", 0.0).remaining == 3


@given(rate=RATES, pauses=PAUSES)
def test_no_rhythm_gets_more_than_burst_and_rate(rate: Rate, pauses: list[float]) -> None:
    meter, now, times = Meter(rate), 0.0, []
    for pause in pauses:
        now += pause
        if passed(meter, now):
            times.append(now)

    for first in range(len(times)):
        for last in range(first, len(times)):
            most = rate.burst + (times[last] - times[first]) * rate.per_second
            assert last - first + 1 <= most + 0.01


@given(rate=RATES, pauses=PAUSES)
def test_who_comes_back_when_told_passes_and_no_earlier(rate: Rate, pauses: list[float]) -> None:
    meter, now = Meter(rate), 0.0
    for pause in pauses:
        now += pause / 10
        passed(meter, now)
    verdict = meter.ask("ada", now)

    if not verdict.passes:
        assert meter.ask("ada", now + verdict.wait_seconds).passes
        assert not meter.ask("ada", now + verdict.wait_seconds * 0.9 - 0.01 / rate.per_second).passes
        assert verdict.wait_seconds <= 1 / rate.per_second + 1e-9


@pytest.mark.parametrize("keys", [10, 1_000])
def test_memory_is_bounded_whatever_callers_are_made_up(keys: int) -> None:
    meter = Meter(Rate(1, 1), keys_max=10)
    for number in range(keys):
        passed(meter, 0.0, f"caller-{number}")

    assert len(meter._tats) == 10
