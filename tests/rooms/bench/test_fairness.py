"""How the fairness bench judges: the fullest window of passes, and sums that the waiting room takes."""

import pytest

from doorbuster.bench.fairness.release import RATE, judged
from doorbuster.bench.fairness.tickets import solve
from doorbuster.room.work import zero_bits


def test_passes_given_evenly_are_within_the_rate() -> None:
    fullest, used = judged([number / RATE for number in range(1000)], told_to_wait=0)

    assert fullest.holds
    assert used.value == pytest.approx(1.0, abs=0.01)


def test_a_burst_after_a_pause_is_too_many_in_some_ten_seconds() -> None:
    before = [number / RATE for number in range(400)]
    burst = [22.0] * 40
    after = [22.0 + number / RATE for number in range(400)]
    fullest, _ = judged([*before, *burst, *after], told_to_wait=0)

    assert fullest.value == pytest.approx(1.2)
    assert not fullest.holds


def test_a_sum_that_is_done_is_taken() -> None:
    assert zero_bits("a challenge", solve("a challenge", 8)) >= 8
