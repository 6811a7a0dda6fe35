"""What the processes counted becomes the signals of a second."""

import pytest

from doorbuster.metrics import Family, Labels, Series
from doorbuster.watch.collector import Collector
from doorbuster.watch.signals import Signals
from doorbuster.watch.snapshots import Snapshot

REQUESTS, SECONDS = "doorbuster_http_requests_total", "doorbuster_http_request_duration_seconds"
BOUNDS = (0.1, 1.0, 4.0)


class Told:
    """A shop's processes that push once a second, as the control plane hears them."""

    def __init__(self) -> None:
        self.collector, self.signals = Collector(), Signals()
        self.now = 0.0
        self.counters: dict[tuple[str, str], dict[str, dict[Labels, float]]] = {}
        self.gauges: dict[str, dict[str, float]] = {}
        self.buckets: dict[str, dict[Labels, list[int]]] = {}
        self.started: dict[str, float] = {}
        self.sequence = 0

    def count(self, process: str, name: str, *labels: str, by: float = 1) -> None:
        series = self.counters.setdefault((process, name), {}).setdefault("", {})
        series[labels] = series.get(labels, 0.0) + by

    def observe(self, process: str, *labels: str, bucket: int, by: int = 1) -> None:
        buckets = self.buckets.setdefault(process, {}).setdefault(labels, [0] * (len(BOUNDS) + 1))
        buckets[bucket] += by

    def second(self) -> dict[str, float]:
        """Let a second pass, everybody push, and return its signals."""
        self.now += 1.0
        self.sequence += 1
        names = {process for process, _ in self.counters} | self.gauges.keys() | self.buckets.keys()
        for process in sorted(names):
            self.collector.take(
                Snapshot(process, 1, self.started.get(process, 0.0), self.sequence, self._families(process)), self.now
            )
        return self.signals.of(self.collector, self.now)

    def warm(self) -> "Told":
        for _ in range(4):
            self.second()
        return self

    def _families(self, process: str) -> tuple[Family, ...]:
        counters = [
            Family(name, "counter", "", (), tuple(Series(labels, value) for labels, value in found[""].items()))
            for (owner, name), found in self.counters.items()
            if owner == process
        ]
        gauges = [
            Family(name, "gauge", "", (), (Series((), value),)) for name, value in self.gauges.get(process, {}).items()
        ]
        spread = [
            Series(labels, float(sum(buckets)), tuple(buckets), sum(buckets))
            for labels, buckets in self.buckets.get(process, {}).items()
        ]
        histograms = [Family(SECONDS, "histogram", "", (), tuple(spread), BOUNDS)] if spread else []
        return (*counters, *gauges, *histograms)


@pytest.fixture
def told() -> Told:
    shop = Told()
    shop.count("web-1", REQUESTS, "shop", "/", "GET", "200", by=1_000_000)
    shop.count("web-1", "doorbuster_process_cpu_seconds_total", by=5)
    shop.observe("web-1", "shop", "/", bucket=0, by=1_000_000)
    return shop.warm()


def test_what_a_process_counted_before_the_control_plane_came_is_no_growth(told: Told):
    assert told.second()["http.requests"] == 0


def test_answers_errors_and_refusals_are_told_apart(told: Told):
    told.count("web-1", REQUESTS, "shop", "/", "GET", "200", by=6)
    told.count("web-1", REQUESTS, "shop", "/orders", "POST", "500", by=2)
    told.count("web-1", REQUESTS, "shop", "refused", "GET", "503", by=10)
    told.count("web-1", REQUESTS, "control", "/", "GET", "500", by=50)
    values = told.second()

    assert (values["http.requests"], values["http.errors"], values["http.refused"]) == (18, 2, 10)
    assert values["hurt.share"] == pytest.approx(2 / 8)
    assert values["route.errors:/orders"] == 2
    assert "route.errors:refused" not in values


def test_workers_are_added_up_and_one_that_died_stays_counted(told: Told):
    told.count("web-2", REQUESTS, "shop", "/", "GET", "200", by=3)
    told.count("web-1", REQUESTS, "shop", "/", "GET", "200", by=4)

    assert told.second()["http.requests"] == 7
    assert told.second()["http.requests"] == 0


def test_a_fast_refusal_does_not_hide_slow_answers(told: Told):
    told.observe("web-1", "shop", "refused", bucket=0, by=1_000)
    told.observe("web-1", "shop", "/", bucket=2, by=10)
    values = told.second()

    assert 1.0 < values["http.p50"] <= 4.0


def test_the_sum_of_seconds_is_the_number_at_once(told: Told):
    told.observe("web-1", "shop", "/", bucket=1, by=12)

    assert told.second()["http.seconds"] == 12


def test_the_busiest_worker_is_seen_and_a_silent_one_is_as_busy_as_before(told: Told):
    told.count("web-1", "doorbuster_process_cpu_seconds_total", by=0.9)
    told.count("web-2", "doorbuster_process_cpu_seconds_total", by=7)
    told.second()
    told.count("web-1", "doorbuster_process_cpu_seconds_total", by=0.9)
    told.count("web-2", "doorbuster_process_cpu_seconds_total", by=0.2)
    busy = told.second()
    told.now += 1.0
    silent = told.signals.of(told.collector, told.now)

    assert (busy["web.cpu_share"], busy["web.cpu_cores"]) == (pytest.approx(0.9), pytest.approx(1.1))
    assert silent["web.cpu_share"] == pytest.approx(0.9)


def test_a_worker_that_came_anew_is_a_restart(told: Told):
    told.started["web-1"] = 100.0

    assert told.second()["web.restarts"] == 1
    assert told.second()["web.restarts"] == 0


def test_the_busiest_callers_share_is_of_all_workers_requests(told: Told):
    for process, share, asked in (("web-1", 0.8, 1_000.0), ("web-2", 0.05, 1_000.0)):
        told.gauges[process] = {
            "doorbuster_guard_busiest_client_ratio": share, "doorbuster_guard_recent_requests": asked,
            "doorbuster_guard_clients": 10.0,
        }  # fmt: skip
    values = told.second()

    assert values["guard.busiest_client_share"] == pytest.approx(0.425)
    assert values["guard.clients"] == 20


def test_queries_downstreams_and_money_have_their_dimension(told: Told):
    told.count("web-1", "doorbuster_query_calls_total", "claim_holds", by=5)
    told.count("jobs", "doorbuster_downstream_calls_total", "payments", "failed", by=2)
    told.count("jobs", "doorbuster_revenue_minor_units_total", "GBP", by=1_999)
    told.count("web-1", "doorbuster_sale_answers_total", "Held", by=4)
    values = told.second()

    assert values["query.calls:claim_holds"] == 5
    assert values["downstream.failures:payments"] == 2
    assert values["revenue:GBP"] == 1_999
    assert values["holds.made"] == values["sale.answers:Held"] == 4


def test_what_nobody_counts_is_not_known(told: Told):
    values = told.second()

    assert "orders.placed" not in values
    assert "http.p50" not in values
