"""Rates and percentiles of the last seconds."""

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.watch.collector import Collector
from doorbuster.watch.history import MOMENTS_MAX, History, percentile
from tests.rooms.watch.test_collector import counted, push, spread


def watched(*values: float) -> History:
    """A counter that had these values in the seconds 0, 1, 2 …"""
    collector, history = Collector(), History(["things_total"], {"wait_seconds": "a"})
    for second, value in enumerate(values):
        collector.take(push("web-1", second + 1, counted(value), spread(int(value), 0, 0)), float(second))
        history.remember(collector, float(second))
    return history


def test_a_rate_is_over_the_seconds_asked_for():
    history = watched(0, 10, 20, 60)
    assert history.rate("things_total", 1) == 40
    assert history.rate("things_total", 3) == 20
    assert history.growths("things_total", 2) == {("a",): 50}


def test_a_rate_is_over_the_seconds_really_seen():
    assert watched(5, 15).rate("things_total", 60) == 10
    assert watched(5).rate("things_total", 60) == 0
    assert watched().rate("things_total", 60) == 0


def test_the_sparkline_has_the_growth_of_each_second():
    assert watched(0, 1, 3, 3).per_second("things_total", 60) == [1, 2, 0]


def test_old_moments_are_forgotten():
    assert len(watched(*range(MOMENTS_MAX + 50))._moments) == MOMENTS_MAX


def test_a_percentile_without_values_is_none():
    assert watched(5, 5).percentile("wait_seconds", 0.95, 60) is None
    assert watched(0, 10).percentile("wait_seconds", 0.5, 60) == 0.05


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.floats(0.01, 1.0))
def test_a_percentile_lies_within_the_bounds_and_grows_with_its_share(counts: list[int], share: float):
    bounds = (0.1, 1.0, 10.0)
    found = percentile(bounds, counts, share)
    if sum(counts) == 0:
        assert found is None
        return
    assert found is not None
    assert 0 <= found <= 10.0
    all_of_them = percentile(bounds, counts, 1.0)
    assert all_of_them is not None
    assert found <= all_of_them
