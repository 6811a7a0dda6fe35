"""The beat of the senses: every second has its tick."""

from random import Random

import pytest

from doorbuster.watch.senses import until_tick

EARLY_SECONDS = 0.001
"""By how much a timer that counts in milliseconds may wake before its time."""


@pytest.mark.parametrize("seed", range(20))
def test_every_second_has_its_tick_although_a_timer_wakes_early(seed: int):
    chance, now = Random(seed), 1_800_000_000 + Random(seed).random()
    ticks = []
    while len(ticks) < 200:
        now += until_tick(now) + chance.uniform(-EARLY_SECONDS, 0.01)
        if not ticks or int(now) > ticks[-1]:
            ticks.append(int(now))
        now += chance.uniform(0.0, 0.3)

    assert ticks == list(range(ticks[0], ticks[0] + 200))
