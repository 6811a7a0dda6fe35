"""Count it, time it, gauge it: in memory, no waiting.

Promises: an observation costs about a microsecond and never fails; labels are bounded by the code that sets them.
Never: talks to anybody; the process pushes `snapshot()` to the control plane, which adds processes up.

Names follow the Prometheus conventions: a unit or `_total` last, base units only.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

import msgspec

LATENCY_BOUNDS_SECONDS = (
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0,
)  # fmt: skip

Labels = tuple[str, ...]


class Series(msgspec.Struct, frozen=True):
    """One label set of a family: a value, or for a histogram its bucket counts, sum and count."""

    labels: Labels
    value: float = 0.0
    buckets: tuple[int, ...] = ()
    count: int = 0


class Family(msgspec.Struct, frozen=True):
    """One metric with all its series as they stand now."""

    name: str
    kind: str
    help: str
    label_names: tuple[str, ...]
    series: tuple[Series, ...]
    bounds: tuple[float, ...] = ()


class Counter:
    """A number that only grows."""

    def __init__(self, name: str, help: str, label_names: Labels) -> None:
        """Use `counter()` instead, which also registers it."""
        assert name.endswith("_total")
        self.name, self.help, self.label_names = name, help, label_names
        self.values: defaultdict[Labels, float] = defaultdict(float)

    def add(self, *labels: str, by: float = 1.0) -> None:
        """Count one more (or `by` more) under these label values."""
        self.values[labels] += by

    def family(self) -> Family:
        """Return the present state."""
        series = tuple(Series(labels, value) for labels, value in self.values.items())
        return Family(self.name, "counter", self.help, self.label_names, series)


class Gauge:
    """A number that goes up and down; each process reports its own."""

    def __init__(self, name: str, help: str, label_names: Labels) -> None:
        """Use `gauge()` instead, which also registers it."""
        self.name, self.help, self.label_names = name, help, label_names
        self.values: dict[Labels, float] = {}

    def set(self, value: float, *labels: str) -> None:
        """Replace the value under these label values."""
        self.values[labels] = value

    def step(self, by: float, *labels: str) -> None:
        """Raise (or lower) the value under these label values."""
        self.values[labels] = self.values.get(labels, 0.0) + by

    def family(self) -> Family:
        """Return the present state."""
        series = tuple(Series(labels, value) for labels, value in self.values.items())
        return Family(self.name, "gauge", self.help, self.label_names, series)


class Histogram:
    """How values are spread over fixed bounds; buckets are counted singly, not cumulatively."""

    def __init__(self, name: str, help: str, label_names: Labels, bounds: tuple[float, ...]) -> None:
        """Use `histogram()` instead, which also registers it."""
        assert list(bounds) == sorted(bounds)
        self.name, self.help, self.label_names, self.bounds = name, help, label_names, bounds
        self.buckets: dict[Labels, list[int]] = {}
        self.sums: dict[Labels, float] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Count one value under these label values."""
        buckets = self.buckets.get(labels)
        if buckets is None:
            buckets = self.buckets[labels] = [0] * (len(self.bounds) + 1)
            self.sums[labels] = 0.0
        buckets[bisect_left(self.bounds, value)] += 1
        self.sums[labels] += value

    def family(self) -> Family:
        """Return the present state."""
        series = tuple(
            Series(labels, self.sums[labels], tuple(buckets), sum(buckets)) for labels, buckets in self.buckets.items()
        )
        return Family(self.name, "histogram", self.help, self.label_names, series, self.bounds)


_registered: dict[str, Counter | Gauge | Histogram] = {}


def counter(name: str, help: str, label_names: Iterable[str] = ()) -> Counter:
    """Make and register a counter; the name must be new."""
    made = Counter(name, help, tuple(label_names))
    _register(made)
    return made


def gauge(name: str, help: str, label_names: Iterable[str] = ()) -> Gauge:
    """Make and register a gauge; the name must be new."""
    made = Gauge(name, help, tuple(label_names))
    _register(made)
    return made


def histogram(
    name: str, help: str, label_names: Iterable[str] = (), bounds: tuple[float, ...] = LATENCY_BOUNDS_SECONDS
) -> Histogram:
    """Make and register a histogram; the name must be new."""
    made = Histogram(name, help, tuple(label_names), bounds)
    _register(made)
    return made


def snapshot() -> tuple[Family, ...]:
    """Return every registered family of this process as it stands now."""
    return tuple(metric.family() for metric in _registered.values())


def _register(metric: Counter | Gauge | Histogram) -> None:
    assert metric.name not in _registered, f"two metrics are called {metric.name}"
    _registered[metric.name] = metric
