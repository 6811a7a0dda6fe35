"""What Prometheus reads is what was counted."""

from prometheus_client.parser import text_string_to_metric_families

from doorbuster import metrics
from doorbuster.metrics import Family, Series
from doorbuster.watch.collector import Collector
from doorbuster.watch.exposition import exposition
from doorbuster.watch.snapshots import Snapshot
from tests.rooms.watch.test_collector import counted, gauged, push, spread


def read(collector: Collector):
    text = exposition(collector, 0.0).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_gauges_and_cumulative_buckets_are_read_back():
    collector = Collector()
    collector.take(push("web-1", 1, counted(3), spread(1, 2, 3), gauged(0.5)), 0.0)
    found = read(collector)
    assert found["things_total", (("kind", "a"),)] == 3
    assert found["lag_seconds", (("process", "web-1"),)] == 0.5
    buckets = [found["wait_seconds_bucket", (("kind", "a"), ("le", bound))] for bound in ("0.1", "1.0", "+Inf")]
    assert buckets == [1, 3, 6]
    assert found["wait_seconds_count", (("kind", "a"),)] == 6
    assert found["wait_seconds_sum", (("kind", "a"),)] == 6


def test_labels_with_any_signs_are_escaped():
    strange = 'a "b" \\ \n c'
    collector = Collector()
    collector.take(push("web-1", 1, counted(1, strange)), 0.0)
    assert read(collector)["things_total", (("kind", strange),)] == 1


def test_everything_this_process_measures_is_valid():
    collector = Collector()
    collector.take(Snapshot("test", 1, 0.0, 1, metrics.snapshot()), 0.0)
    assert read(collector)


def test_an_empty_control_plane_answers_too():
    assert read(Collector()) == {}


def test_a_family_without_series_is_no_fault():
    collector = Collector()
    collector.take(
        push(
            "web-1",
            1,
            Family("none_total", "counter", "None.", ("x",), ()),
            Family("g", "gauge", "", (), (Series((), 1),)),
        ),
        0.0,
    )
    assert read(collector)["g", (("process", "web-1"),)] == 1
