"""Before and after: what each signal was while all was well, and what it is since it hurts.

Promises: medians before, means after, so that one odd second before says little and every second after counts; a
signal that nobody knows is 0 and says so; pure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean, median, quantiles

from doorbuster.watch.signals import Tick

BEFORE_SECONDS = 180
GAP_SECONDS = 5
"""The last seconds before the onset belong to neither side: trouble begins before it hurts."""
AFTER_SECONDS, LATELY_SECONDS = 12, 4
BEFORE_MIN = 8


@dataclass(frozen=True)
class Comparison:
    """Two stretches of ticks. A rate that was never seen before counts as 0 there."""

    before: Sequence[Tick]
    after: Sequence[Tick]
    _memo: dict[tuple[str, str], float] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def names(self) -> frozenset[str]:
        """Return every signal's name on either side."""
        return frozenset(name for tick in (*self.before, *self.after) for name in tick.values)

    @property
    def has_past(self) -> bool:
        """Say whether there is enough of a past to compare with."""
        return len(self.before) >= BEFORE_MIN

    def knew(self, name: str) -> bool:
        """Say whether the signal was known before."""
        return any(name in tick.values for tick in self.before)

    def was(self, name: str) -> float:
        """Return the signal's median before; 0 when it was not known."""
        return self._once("was", name, lambda: _median(_values(self.before, name, absent=_is_dimension(name))))

    def is_now(self, name: str) -> float:
        """Return the signal's mean since; 0 when it is not known."""
        return self._once("now", name, lambda: _mean(_values(self.after, name, absent=_is_dimension(name))))

    def peak(self, name: str) -> float:
        """Return the largest value since; 0 when it is not known."""
        return max(_values(self.after, name), default=0.0)

    def last(self, name: str) -> float | None:
        """Return the newest value since, or None when it is not known."""
        return next((tick.values[name] for tick in reversed(self.after) if name in tick.values), None)

    def added(self, name: str) -> float:
        """Return how much there is now that was not there before; never less than 0."""
        return max(0.0, self.is_now(name) - self.was(name))

    def ratio(self, name: str, floor: float) -> float:
        """Return now over before, where less than `floor` (in the signal's unit) counts as the floor."""
        return max(self.is_now(name), floor) / max(self.was(name), floor)

    def per_call(self, seconds: str, calls: str) -> tuple[float, float]:
        """Return the mean of one call before and since, in the unit of `seconds`; 0 without calls."""
        return _each(self.was(seconds), self.was(calls)), _each(self.is_now(seconds), self.is_now(calls))

    def per_call_lately(self, seconds: str, calls: str) -> float:
        """Return the mean of one call in the last four seconds; 0 without calls."""
        lately = self.after[-LATELY_SECONDS:]
        return _each(*(_mean(_values(lately, name, absent=True)) for name in (seconds, calls)))

    def surprise(self, name: str) -> float:
        """Return how far the signal is from what it was, in interquartile ranges."""
        return surprise(_values(self.before, name), _values(self.after, name))

    def grown(self, prefix: str) -> list[tuple[str, float]]:
        """Return the dimensions of `prefix:` with what was added to each, most first."""
        names = [name for name in self.names if name.startswith(f"{prefix}:")]
        found = [(name.partition(":")[2], self.added(name)) for name in names]
        return sorted((each for each in found if each[1] > 0), key=lambda each: (-each[1], each[0]))

    def _once(self, side: str, name: str, compute: Callable[[], float]) -> float:
        key = (side, name)
        if key not in self._memo:
            self._memo[key] = compute()
        return self._memo[key]


def compare(ticks: Sequence[Tick], onset: int, now: int, calm_before: int | None = None) -> Comparison:
    """Cut the ticks around `onset` (seconds since 1970): at most three minutes before it, the last 12 seconds since."""
    end = (onset if calm_before is None else calm_before) - GAP_SECONDS
    before = [tick for tick in ticks if end - BEFORE_SECONDS <= tick.at < end]
    after = [tick for tick in ticks if max(onset, now - AFTER_SECONDS + 1) <= tick.at <= now]
    return Comparison(before, after)


def surprise(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the largest |value since - median before| / interquartile range before: the scorer of BARO (FSE 2024)."""
    middle = _median(before)
    return max((abs(value - middle) for value in after), default=0.0) / spread(before)


def spread(values: Sequence[float]) -> float:
    """Return the interquartile range, at least a hundredth of the median and a millionth."""
    middle = abs(_median(values))
    if len(values) < 4:
        return max(middle, 1e-6)
    low, _, high = quantiles(values, n=4)
    return max(high - low, middle / 100, 1e-6)


def _values(ticks: Sequence[Tick], name: str, absent: bool = False) -> list[float]:
    if absent:
        return [tick.values.get(name, 0.0) for tick in ticks]
    return [tick.values[name] for tick in ticks if name in tick.values]


def _is_dimension(name: str) -> bool:
    """Say whether seconds in which the name is missing are seconds in which nothing of it happened."""
    return ":" in name


def _median(values: Sequence[float]) -> float:
    return median(values) if values else 0.0


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def _each(total: float, count: float) -> float:
    return total / count if count > 0 else 0.0
