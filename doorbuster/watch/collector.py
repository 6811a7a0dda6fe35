"""Adds up the metrics of all processes.

Promises: counters and histograms never shrink while the control plane lives: what a dead worker counted stays counted;
gauges show living processes only, labelled by process; at most 64 processes are remembered one by one, the longest
silent of more are folded into one sum.
Never: trusts a snapshot that arrives out of order, or grows with what a process sends.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from doorbuster import metrics
from doorbuster.metrics import Family, Labels, Series
from doorbuster.watch.snapshots import Snapshot
from doorbuster.watch.visitors import VisitorBook

PROCESSES_MAX = 64
FOLDED_MAX = 1_024
SERIES_MAX = 2_000
FRESH_SECONDS = 5.0
MISSED_SECONDS = 900.0

Identity = tuple[str, int, float]

DROPPED = metrics.counter(
    "doorbuster_collector_series_dropped_total", "Series left out because their family has too many.", ("metric",)
)


@dataclass(frozen=True, slots=True)
class Process:
    """One process as the control plane last heard of it; `heard_at` in the collector's monotonic seconds."""

    snapshot: Snapshot
    heard_at: float


class Collector:
    """The latest snapshot of every process, and the sum of those that were forgotten."""

    def __init__(self) -> None:
        """Start with nobody heard of."""
        self._processes: OrderedDict[Identity, Process] = OrderedDict()
        self._folded: OrderedDict[Identity, None] = OrderedDict()
        self._past: dict[str, Family] = {}
        self.visitors = VisitorBook()

    def take(self, snapshot: Snapshot, now_seconds: float) -> bool:
        """Keep a snapshot and return whether it counted; a late one, or one of a folded process, does not."""
        if snapshot.identity in self._folded:
            return False
        last = self._processes.get(snapshot.identity)
        if last is not None and last.snapshot.sequence >= snapshot.sequence:
            return False
        self._processes[snapshot.identity] = Process(snapshot, now_seconds)
        self._processes.move_to_end(snapshot.identity)
        self.visitors.add(snapshot.visitors)
        while len(self._processes) > PROCESSES_MAX:
            self._fold(self._processes.popitem(last=False)[1].snapshot)
        return True

    def living(self, now_seconds: float) -> list[Process]:
        """Return the newest process of each name that was heard of within five seconds and does not leave, by name."""
        return self._newest(
            each for each in self._processes.values()
            if now_seconds - each.heard_at <= FRESH_SECONDS and not each.snapshot.leaving
        )  # fmt: skip

    def silent(self, now_seconds: float) -> list[Process]:
        """Return the processes that fell silent without a farewell and were not replaced, for a quarter of an hour."""
        return [
            each for each in self._newest(self._processes.values())
            if FRESH_SECONDS < now_seconds - each.heard_at <= MISSED_SECONDS and not each.snapshot.leaving
        ]  # fmt: skip

    def left(self) -> list[Identity]:
        """Return the processes that ended as they were told to."""
        return [identity for identity, each in self._processes.items() if each.snapshot.leaving]

    def _newest(self, processes: Iterable[Process]) -> list[Process]:
        newest = {
            each.snapshot.process: each for each in sorted(processes, key=lambda each: each.snapshot.started_at)
        }  # fmt: skip
        return [newest[name] for name in sorted(newest)]

    def totals(self) -> dict[str, Family]:
        """Return every counter and histogram, added over all processes, living and dead, by name."""
        summed = dict(self._past)
        for process in self._processes.values():
            for family in process.snapshot.families:
                if family.kind != "gauge":
                    summed[family.name] = add(summed.get(family.name), family)
        return summed

    def total(self, name: str) -> dict[Labels, float]:
        """Return one counter added over all processes, by its label values; empty when nobody counts it."""
        summed: dict[Labels, float] = {}
        for family in self._families(name):
            for series in family.series:
                summed[series.labels] = summed.get(series.labels, 0.0) + series.value
        return summed

    def spread(self, name: str, first_label: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Return a histogram's bounds and bucket counts, added over all series that begin with this label."""
        bounds: tuple[float, ...] = ()
        counts: tuple[int, ...] = ()
        for family in self._families(name):
            for series in family.series:
                if series.labels[:1] != (first_label,) or (bounds and bounds != family.bounds):
                    continue
                bounds = family.bounds
                counts = tuple(map(sum, zip(counts or (0,) * len(series.buckets), series.buckets, strict=True)))
        return bounds, counts

    def gauges(self, now_seconds: float) -> dict[str, Family]:
        """Return every gauge of the living processes with `process` as its last label, by name."""
        found: dict[str, list[Series]] = {}
        shapes: dict[str, Family] = {}
        for process in self.living(now_seconds):
            for family in process.snapshot.families:
                if family.kind != "gauge" or not _same_shape(shapes.setdefault(family.name, family), family):
                    continue
                name = process.snapshot.process
                found.setdefault(family.name, []).extend(
                    Series((*each.labels, name), each.value) for each in family.series
                )
        return {name: _labelled(shapes[name], series) for name, series in found.items()}

    def _families(self, name: str) -> Iterator[Family]:
        if name in self._past:
            yield self._past[name]
        for process in self._processes.values():
            yield from (family for family in process.snapshot.families if family.name == name)

    def _fold(self, snapshot: Snapshot) -> None:
        for family in snapshot.families:
            if family.kind != "gauge":
                self._past[family.name] = add(self._past.get(family.name), family)
        self._folded[snapshot.identity] = None
        while len(self._folded) > FOLDED_MAX:
            self._folded.popitem(last=False)


def add(sum_so_far: Family | None, family: Family) -> Family:
    """Add two states of one counter or histogram; of two shapes (two releases at once) the latter stays."""
    if sum_so_far is None or not _same_shape(sum_so_far, family):
        return _bounded(family, family.series)
    summed = {series.labels: series for series in sum_so_far.series}
    for series in family.series:
        known = summed.get(series.labels)
        summed[series.labels] = series if known is None else _sum(known, series)
    return _bounded(family, summed.values())


def _sum(one: Series, other: Series) -> Series:
    buckets = tuple(mine + theirs for mine, theirs in zip(one.buckets, other.buckets, strict=True))
    return Series(one.labels, one.value + other.value, buckets, one.count + other.count)


def _same_shape(one: Family, other: Family) -> bool:
    return (one.kind, one.label_names, one.bounds) == (other.kind, other.label_names, other.bounds)


def _labelled(shape: Family, series: list[Series]) -> Family:
    names = (*shape.label_names, "process")
    return _bounded(Family(shape.name, "gauge", shape.help, names, ()), series)


def _bounded(shape: Family, series: Iterable[Series]) -> Family:
    kept = tuple(series)
    if len(kept) > SERIES_MAX:
        DROPPED.add(shape.name, by=len(kept) - SERIES_MAX)
        kept = kept[:SERIES_MAX]
    return Family(shape.name, shape.kind, shape.help, shape.label_names, kept, shape.bounds)
