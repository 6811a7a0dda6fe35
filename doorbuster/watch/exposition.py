"""Writes what the collector has in Prometheus' text format (version 0.0.4)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector as PrometheusCollector

from doorbuster.metrics import Family, Series
from doorbuster.watch.collector import Collector
from doorbuster.watch.naming import COUNTED, exported_name, label_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(
    collector: Collector, now_seconds: float, signals: Mapping[str, float] | None = None, more: Iterable[Family] = ()
) -> bytes:
    """Return all metrics, and `more`, as text; what a name or label may hold is escaped by prometheus_client.

    `signals` are those of the last second: what was seen of PostgreSQL, the host and the sales, and what alerts judge.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(_sampled(signals or {})))
    registry.register(_Families([*collector.totals().values(), *collector.gauges(now_seconds).values()]))
    registry.register(_Families([_ages(collector, now_seconds), *more]))
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


def _sampled(signals: Mapping[str, float]) -> list[Family]:
    """Return a gauge for each signal, and for each that has subjects another one with them as its label."""
    found: dict[tuple[str, bool], list[Series]] = {}
    for signal, value in signals.items():
        name, colon, subject = signal.partition(":")
        if name.startswith(COUNTED):
            continue
        found.setdefault((name, bool(colon)), []).append(Series((subject,) if colon else (), value))
    help_text = "A signal of the last second; the guide's chapter Watch says what it means."
    return [
        Family(exported_name(name, has), "gauge", help_text, (label_of(name),) if has else (), tuple(series))
        for (name, has), series in found.items()
    ]


def _ages(collector: Collector, now_seconds: float) -> Family:
    series = tuple(
        Series((process.snapshot.process,), now_seconds - process.heard_at) for process in collector.living(now_seconds)
    )
    help_text = "Seconds since each process was heard of."
    return Family("doorbuster_process_silence_seconds", "gauge", help_text, ("process",), series)
