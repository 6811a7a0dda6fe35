"""Adding up processes: nothing that was counted is lost or counted twice."""

import random
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from doorbuster.metrics import Family, Series
from doorbuster.watch.collector import FRESH_SECONDS, PROCESSES_MAX, SERIES_MAX, Collector
from doorbuster.watch.snapshots import Snapshot

BOUNDS = (0.1, 1.0)


def counted(value: float, label: str = "a") -> Family:
    return Family("things_total", "counter", "Things.", ("kind",), (Series((label,), value),))


def spread(*buckets: int) -> Family:
    series = Series(("a",), float(sum(buckets)), buckets, sum(buckets))
    return Family("wait_seconds", "histogram", "Wait.", ("kind",), (series,), BOUNDS)


def gauged(value: float) -> Family:
    return Family("lag_seconds", "gauge", "Lag.", (), (Series((), value),))


def push(name: str, sequence: int, *families: Family, pid: int = 1, started_at: float = 0.0) -> Snapshot:
    return Snapshot(name, pid, started_at, sequence, families)


def test_counters_of_two_processes_are_added():
    collector = Collector()
    collector.take(push("web-1", 1, counted(3)), 0.0)
    collector.take(push("web-2", 1, counted(4)), 0.0)
    assert collector.total("things_total") == {("a",): 7}


def test_a_newer_snapshot_replaces_the_older_of_the_same_process():
    collector = Collector()
    collector.take(push("web-1", 1, counted(3)), 0.0)
    collector.take(push("web-1", 2, counted(5)), 1.0)
    assert collector.total("things_total") == {("a",): 5}


def test_a_snapshot_that_arrives_late_is_not_believed():
    collector = Collector()
    collector.take(push("web-1", 2, counted(5)), 0.0)
    assert not collector.take(push("web-1", 1, counted(3)), 1.0)
    assert collector.total("things_total") == {("a",): 5}


def test_what_a_dead_worker_counted_stays_counted():
    collector = Collector()
    collector.take(push("web-1", 9, counted(100), pid=1), 0.0)
    collector.take(push("web-1", 1, counted(1), pid=2, started_at=5.0), 60.0)
    assert collector.total("things_total") == {("a",): 101}


def test_histograms_are_added_bucket_by_bucket():
    collector = Collector()
    collector.take(push("web-1", 1, spread(1, 2, 3)), 0.0)
    collector.take(push("web-2", 1, spread(10, 0, 1)), 0.0)
    (series,) = collector.totals()["wait_seconds"].series
    assert (series.buckets, series.count, series.value) == ((11, 2, 4), 17, 17.0)


def test_gauges_are_of_the_living_only_and_name_their_process():
    collector = Collector()
    collector.take(push("web-1", 1, gauged(0.5)), 0.0)
    collector.take(push("web-2", 1, gauged(0.7)), FRESH_SECONDS)
    assert collector.gauges(FRESH_SECONDS + 1)["lag_seconds"].series == (Series(("web-2",), 0.7),)


def test_of_two_processes_with_one_name_the_newer_is_shown_and_both_are_counted():
    collector = Collector()
    collector.take(push("web-1", 1, counted(1), gauged(9.0), pid=1, started_at=1.0), 0.0)
    collector.take(push("web-1", 1, counted(1), gauged(0.1), pid=2, started_at=2.0), 0.0)
    collector.take(push("web-1", 2, counted(2), gauged(9.0), pid=1, started_at=1.0), 1.0)
    assert [process.snapshot.pid for process in collector.living(1.0)] == [2]
    assert collector.total("things_total") == {("a",): 3}


def test_a_release_with_another_shape_of_a_metric_breaks_nothing():
    collector = Collector()
    collector.take(push("old", 1, spread(1, 2, 3)), 0.0)
    other = Family("wait_seconds", "histogram", "Wait.", (), (Series((), 1.0, (1, 0), 1),), (0.5,))
    collector.take(push("new", 1, other), 0.0)
    assert collector.totals()["wait_seconds"].series


def test_a_family_cannot_grow_without_end():
    many = Family("things_total", "counter", "", ("k",), tuple(Series((str(n),), 1.0) for n in range(SERIES_MAX + 50)))
    collector = Collector()
    collector.take(push("web-1", 1, many), 0.0)
    assert len(collector.totals()["things_total"].series) == SERIES_MAX


@settings(max_examples=60, deadline=None)
@given(st.integers(1, PROCESSES_MAX * 3), st.integers(1, 5), st.randoms(use_true_random=False))
def test_through_any_restarts_the_sum_is_what_all_processes_counted(lives: int, pushes: int, chance: random.Random):
    collector, now, truth = Collector(), count(), 0.0
    for life in range(lives):
        value = 0.0
        for sequence in range(1, pushes + 1):
            value += chance.randint(0, 9)
            snapshot = push(f"web-{life % 4}", sequence, counted(value), pid=life, started_at=float(life))
            assert collector.take(snapshot, float(next(now)))
            if chance.random() < 0.3:
                assert not collector.take(snapshot, float(next(now)))
        truth += value
    assert sum(collector.total("things_total").values()) == truth
    assert sum(series.value for series in collector.totals()["things_total"].series) == truth
    assert len(collector._processes) <= PROCESSES_MAX
