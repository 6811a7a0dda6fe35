"""The last quarter of an hour of a few counters, second by second: rates and percentiles of now.

Promises: memory is bounded; a rate is over the seconds that were really seen.
Never: keeps anything over a restart; the long past is Prometheus' business.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from doorbuster.metrics import Labels
from doorbuster.watch.collector import Collector

MOMENTS_MAX = 900

Match = Callable[[Labels], bool]


@dataclass(frozen=True, slots=True)
class Moment:
    """Counters and histograms as they stood at one instant of the monotonic clock."""

    at_seconds: float
    totals: dict[str, dict[Labels, float]]
    buckets: dict[str, tuple[int, ...]]


class History:
    """What a few named counters and histograms were in each of the last seconds."""

    def __init__(self, counters: Iterable[str], histograms: Mapping[str, str]) -> None:
        """Remember these families only; of a histogram, the series whose first label is the one beside its name."""
        self._counters, self._histograms = tuple(counters), dict(histograms)
        self._moments: deque[Moment] = deque(maxlen=MOMENTS_MAX)
        self._bounds: dict[str, tuple[float, ...]] = {}

    def remember(self, collector: Collector, now_seconds: float) -> None:
        """Add the present moment; to be called about each second."""
        buckets = {}
        for name, first_label in self._histograms.items():
            self._bounds[name], buckets[name] = collector.spread(name, first_label)
        totals = {name: collector.total(name) for name in self._counters}
        self._moments.append(Moment(now_seconds, totals, buckets))

    def rate(self, name: str, seconds: float, match: Match = lambda _: True) -> float:
        """Return how much a counter grew per second over the last `seconds`, over the series that match."""
        before, now = self._span(seconds)
        if before is None or now is None or now.at_seconds <= before.at_seconds:
            return 0.0
        return self.growth(name, seconds, match) / (now.at_seconds - before.at_seconds)

    def growth(self, name: str, seconds: float, match: Match = lambda _: True) -> float:
        """Return how much a counter grew over the last `seconds`, over the series that match."""
        return sum(value for labels, value in self.growths(name, seconds).items() if match(labels))

    def growths(self, name: str, seconds: float) -> dict[Labels, float]:
        """Return how much each series of a counter grew over the last `seconds`."""
        before, now = self._span(seconds)
        if before is None or now is None:
            return {}
        old = before.totals[name]
        grown = {labels: value - old.get(labels, 0.0) for labels, value in now.totals[name].items()}
        return {labels: value for labels, value in grown.items() if value > 0}

    def per_second(self, name: str, seconds: int, match: Match = lambda _: True) -> list[float]:
        """Return the growth in each of the last seconds, oldest first; for a sparkline."""
        moments = list(self._moments)[-(seconds + 1) :]
        sums = [sum(value for labels, value in each.totals[name].items() if match(labels)) for each in moments]
        return [max(0.0, after - before) for before, after in pairwise(sums)]

    def percentile(self, name: str, share: float, seconds: float) -> float | None:
        """Return below what `share` (0..1) of a histogram's last values lie, in its unit; None without values."""
        before, now = self._span(seconds)
        if before is None or now is None:
            return None
        new = now.buckets[name]
        old = before.buckets[name] if len(before.buckets[name]) == len(new) else (0,) * len(new)
        return percentile(self._bounds[name], [after - past for after, past in zip(new, old, strict=True)], share)

    def _span(self, seconds: float) -> tuple[Moment | None, Moment | None]:
        if not self._moments:
            return None, None
        now = self._moments[-1]
        before = next((each for each in self._moments if each.at_seconds >= now.at_seconds - seconds), now)
        return before, now


def percentile(bounds: tuple[float, ...], counts: list[int], share: float) -> float | None:
    """Return the value below which `share` of the counted ones lie, drawn straight within its bucket.

    Values above the last bound count as the last bound.
    """
    wanted = sum(counts) * share
    if wanted <= 0:
        return None
    passed, low = 0, 0.0
    for bound, count in zip(bounds, counts, strict=False):
        if passed + count >= wanted:
            return low + (bound - low) * (wanted - passed) / count
        passed, low = passed + count, bound
    return bounds[-1]
