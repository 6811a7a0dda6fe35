"""Who asks most, and how many ask."""

import pytest

from doorbuster.clock import ManualClock
from doorbuster.guard.callers import CLIENTS, HALF_SECONDS, KEYS_MAX, SHARE, Callers


def told() -> tuple[float, float]:
    return SHARE.values[()], CLIENTS.values[()]


@pytest.fixture
def callers(clock: ManualClock) -> Callers:
    return Callers(clock)


def test_a_bot_among_people_is_seen(callers: Callers):
    for number in range(100):
        callers.count(f"person-{number}")
        callers.count("bot")
    callers.look()

    assert told() == (0.5, 101)


def test_of_a_handful_of_requests_nobodys_share_says_anything(callers: Callers):
    callers.count("the only visitor")
    callers.look()

    assert told() == (0.0, 1)


def test_who_has_gone_is_forgotten_after_ten_seconds(callers: Callers, clock: ManualClock):
    for _ in range(50):
        callers.count("bot")
    for _ in range(2):
        clock.advance(HALF_SECONDS)
        callers.look()
    callers.look()

    assert told() == (0.0, 0)


def test_a_bot_is_still_seen_among_more_callers_than_can_be_remembered(callers: Callers):
    for number in range(3 * KEYS_MAX):
        callers.count(f"once-{number}")
        if number % 2:
            callers.count("bot")
    callers.look()
    share, clients = told()

    assert share == pytest.approx(1 / 3, abs=0.01)
    assert clients <= KEYS_MAX + 1
