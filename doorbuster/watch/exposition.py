"""Writes what the collector has in Prometheus' text format (version 0.0.4)."""

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector as PrometheusCollector

from doorbuster.metrics import Family, Series
from doorbuster.watch.collector import Collector
from doorbuster.watch.signals import Tick

SAMPLED = (
    "db.",
    "host.",
    "disk.",
    "sale.open",
    "sale.expected",
    "sale.units_left",
    "stock.",
    "audit.",
    "web.",
    "hurt.",
)
LABELS = {
    "db.active": "query", "db.lock": "query", "db.seq_rows": "table", "db.dead_rows": "table",
        "db.bloat_share": "table",
    "sale.units_left": "sale",
}  # fmt: skip
"""What the dimension of a signal is called as a label."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(collector: Collector, now_seconds: float, tick: Tick | None = None) -> bytes:
    """Return all metrics as text; what a name or label may hold is escaped by prometheus_client.

    Of the tick come the signals that no process counts: what was seen of PostgreSQL, the host and the sales.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(_sampled(tick) if tick else []))
    registry.register(_Families([*collector.totals().values(), *collector.gauges(now_seconds).values()]))
    registry.register(_Families([_ages(collector, now_seconds)]))
    return generate_latest(registry)


class _Families(PrometheusCollector):
    """Hands families to prometheus_client."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Yield every family in prometheus_client's words."""
        for family in sorted(self._families, key=lambda each: each.name):
            yield _metric(family)


def _metric(family: Family) -> Metric:
    if family.kind == "histogram":
        return _histogram(family)
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    made = kind(family.name, family.help, labels=family.label_names)
    for series in family.series:
        made.add_metric(series.labels, series.value)
    return made


def _histogram(family: Family) -> HistogramMetricFamily:
    made = HistogramMetricFamily(family.name, family.help, labels=family.label_names)
    bounds = [*(str(bound) for bound in family.bounds), "+Inf"]
    for series in family.series:
        cumulative = list(zip(bounds, map(float, accumulate(series.buckets)), strict=True))
        made.add_metric(series.labels, cumulative, series.value)
    return made


def _sampled(tick: Tick) -> list[Family]:
    """Return a gauge for each sampled signal, and for each that has dimensions another one with them as its label."""
    found: dict[str, list[Series]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for signal, value in tick.values.items():
        name, _, dimension = signal.partition(":")
        if not name.startswith(SAMPLED):
            continue
        metric = "doorbuster_" + name.replace(".", "_")
        if dimension:
            label = LABELS.get(name, "of")
            metric += f"_by_{label}"
            labels[metric] = (label,)
        found.setdefault(metric, []).append(Series((dimension,) if dimension else (), value))
    help_text = "A signal of the last second; the guide's chapter Watch says what it means."
    return [Family(name, "gauge", help_text, labels.get(name, ()), tuple(series)) for name, series in found.items()]


def _ages(collector: Collector, now_seconds: float) -> Family:
    series = tuple(
        Series((process.snapshot.process,), now_seconds - process.heard_at) for process in collector.living(now_seconds)
    )
    help_text = "Seconds since each process was heard of."
    return Family("doorbuster_process_silence_seconds", "gauge", help_text, ("process",), series)
