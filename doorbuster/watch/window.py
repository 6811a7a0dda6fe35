"""What all counters and histograms were in each of the last seconds, so that a rate is a subtraction.

Promises: memory is bounded by WINDOW_SECONDS; a family that nobody counts has no rate, one that stood still has 0.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from doorbuster.metrics import Family, Labels, Series
from doorbuster.watch.history import percentile

WINDOW_SECONDS = 10

Match = Callable[[Labels], bool]
NOTHING = Series((), 0.0, (), 0)


def everything(_: Labels) -> bool:
    """Match every series."""
    return True


@dataclass(frozen=True, slots=True)
class _Moment:
    at_seconds: float
    families: dict[str, Family]
    series: dict[str, dict[Labels, Series]]


class Window:
    """The last WINDOW_SECONDS moments."""

    def __init__(self) -> None:
        """Begin empty."""
        self._moments: deque[_Moment] = deque(maxlen=WINDOW_SECONDS + 1)

    def add(self, families: dict[str, Family], now_seconds: float) -> None:
        """Add the present moment (monotonic seconds); to be called about each second."""
        series = {name: {each.labels: each for each in family.series} for name, family in families.items()}
        self._moments.append(_Moment(now_seconds, families, series))

    @property
    def is_warm(self) -> bool:
        """Say whether there are two moments to compare."""
        return len(self._moments) > 1

    def grown(self, name: str, seconds: int = 1, match: Match = everything) -> dict[Labels, Series] | None:
        """Return how much each matching series grew over the last `seconds`; None when nobody counts it."""
        now, before = self._moments[-1], self._before(seconds)
        if name not in now.series:
            return None
        old = before.series.get(name, {})
        return {
            labels: _minus(series, old.get(labels, NOTHING))
            for labels, series in now.series[name].items()
            if match(labels)
        }

    def rate(self, name: str, match: Match = everything, seconds: int = 1) -> float | None:
        """Return the growth per second of a counter (of a histogram: of its sum) over the series that match."""
        grown = self.grown(name, seconds, match)
        return None if grown is None else sum(each.value for each in grown.values()) / self._span(seconds)

    def rates_by(self, name: str, place: int, match: Match = everything) -> dict[str, float]:
        """Return the rate for each value of the label at `place`, where it moved within the window."""
        moved = {
            labels[place] for labels, each in (self.grown(name, WINDOW_SECONDS, match) or {}).items() if each.value
        }
        rates = dict.fromkeys(moved, 0.0)
        for labels, each in (self.grown(name, 1, match) or {}).items():
            if labels[place] in moved:
                rates[labels[place]] += each.value / self._span(1)
        return rates

    def percentiles(self, name: str, shares: tuple[float, ...], match: Match = everything) -> list[float | None]:
        """Return the percentiles of a histogram's values of the window, over the series that match."""
        grown = self.grown(name, WINDOW_SECONDS, match)
        counts = [sum(each) for each in zip(*(each.buckets for each in (grown or {}).values()), strict=True)]
        if not counts:
            return [None] * len(shares)
        bounds = self._moments[-1].families[name].bounds
        return [percentile(bounds, counts, share) for share in shares]

    def _before(self, seconds: int) -> _Moment:
        return self._moments[max(0, len(self._moments) - 1 - seconds)]

    def _span(self, seconds: int) -> float:
        return max(self._moments[-1].at_seconds - self._before(seconds).at_seconds, 1e-3)


def _minus(now: Series, before: Series) -> Series:
    """Return the growth; a counter that began again (two releases at once) has grown by nothing."""
    if now.value < before.value or now.count < before.count:
        return Series(now.labels, 0.0, tuple(0 for _ in now.buckets), 0)
    old = before.buckets or (0,) * len(now.buckets)
    buckets = tuple(mine - theirs for mine, theirs in zip(now.buckets, old, strict=True))
    return Series(now.labels, now.value - before.value, buckets, now.count - before.count)
