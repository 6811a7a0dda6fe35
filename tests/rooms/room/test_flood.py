"""When a ticket costs a sum by itself: one network asks for more than people do; and when it ceases."""

import pytest

from doorbuster.clock import ManualClock
from doorbuster.room.flood import BITS, CALM_WINDOWS, JOINS_MAX, NETWORKS_MAX, WINDOW_SECONDS, Flood


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def flood(clock: ManualClock) -> Flood:
    return Flood(clock)


def join(flood: Flood, times: int, network: str = "n:81.2.69") -> None:
    for _ in range(times):
        flood.joined(network)


def test_people_from_everywhere_are_asked_for_nothing(flood: Flood) -> None:
    for number in range(5_000):
        flood.joined(f"n:{number}")
    assert flood.bits(0) == 0


def test_one_network_that_asks_for_many_makes_a_ticket_cost_a_sum(flood: Flood) -> None:
    join(flood, JOINS_MAX - 1)
    assert flood.bits(0) == 0
    join(flood, 1)
    assert flood.bits(0) == BITS


def test_slowly_is_no_flood(flood: Flood, clock: ManualClock) -> None:
    for _ in range(10):
        join(flood, JOINS_MAX - 1)
        clock.advance(WINDOW_SECONDS)
    assert not flood.on


def test_it_ends_after_a_calm_minute_and_half_a_flood_keeps_it_up(flood: Flood, clock: ManualClock) -> None:
    join(flood, JOINS_MAX)
    clock.advance(WINDOW_SECONDS)
    for _ in range(2 * CALM_WINDOWS):
        join(flood, JOINS_MAX // 2)
        clock.advance(WINDOW_SECONDS)
        assert flood.on
    for _ in range(CALM_WINDOWS):
        assert flood.on
        clock.advance(WINDOW_SECONDS)
    assert not flood.on


def test_an_operators_word_counts_more_than_the_rule(flood: Flood) -> None:
    flood.fix(True)
    assert flood.bits(0) == BITS
    flood.fix(False)
    join(flood, JOINS_MAX)
    assert flood.bits(0) == 0
    assert flood.bits(20) == 20, "what the room itself was opened with stays"
    flood.fix(None)
    assert flood.on


def test_each_of_many_workers_needs_its_part_only(clock: ManualClock) -> None:
    flood = Flood(clock, 0.5)
    join(flood, JOINS_MAX // 2)
    assert flood.on


def test_memory_is_bounded_and_unknown_networks_say_nothing(flood: Flood) -> None:
    for number in range(NETWORKS_MAX + 10):
        flood.joined(f"n:{number}")
    for _ in range(JOINS_MAX):
        flood.joined(None)
    assert len(flood._counts) == NETWORKS_MAX
    assert not flood.on
