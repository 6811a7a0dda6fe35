"""Windows over one signal: sums of a quarter of an hour by seconds, means of a month by minutes.

Promises: memory is bounded; a mean or total over any window of seconds is one subtraction.
"""

import math
from array import array
from collections.abc import Iterable

SECONDS = 900
MINUTES = 31 * 24 * 60

_UNKNOWN = math.nan


class Running:
    """One signal's sums from the beginning on, for each second of a quarter of an hour: a mean is one subtraction."""

    def __init__(self, at: int) -> None:
        """Begin with nothing, before the second `at` is over."""
        self._sums, self._counts = array("d", [0.0]) * SECONDS, array("q", [0]) * SECONDS
        self._at, self._sum, self._count = at, 0.0, 0

    def add(self, at: int, value: float | None) -> None:
        """Take a second's value; seconds that were left out add nothing."""
        for skipped in range(max(self._at + 1, at - SECONDS), at):
            self._sums[skipped % SECONDS], self._counts[skipped % SECONDS] = self._sum, self._count
        if value is not None:
            self._sum, self._count = self._sum + value, self._count + 1
        self._at = at
        self._sums[at % SECONDS], self._counts[at % SECONDS] = self._sum, self._count

    def over(self, now: int, seconds: int) -> tuple[float, int]:
        """Return sum and number of the known values of the `seconds` (under a quarter of an hour) that end now."""
        before = now - seconds
        if before >= self._at:
            return 0.0, 0
        before = max(before, self._at - SECONDS + 1)
        return self._sum - self._sums[before % SECONDS], self._count - self._counts[before % SECONDS]


class Minutes:
    """One signal's mean in each minute of a month; the minute that is going on counts as far as it has gone."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._means = array("d", [_UNKNOWN]) * MINUTES
        self._numbers = array("q", [-1]) * MINUTES
        self._minute, self._sum, self._count = -1, 0.0, 0
        self._totals: dict[int, float] = {}

    def load(self, points: Iterable[tuple[int, float]]) -> None:
        """Take what an earlier process had measured: (seconds since 1970, mean of that minute), oldest first."""
        for at, value in points:
            self._put(at // 60, value)

    def add(self, at: int, value: float | None) -> None:
        """Take one second's value."""
        minute = at // 60
        if minute != self._minute:
            if self._count:
                self._put(self._minute, self._sum / self._count)
            self._minute, self._sum, self._count = minute, 0.0, 0
            self._totals.clear()
        if value is not None:
            self._sum, self._count = self._sum + value, self._count + 1

    def between(self, first: int, last: int) -> list[float]:
        """Return the known means of the minutes `first` to `last` (numbers since 1970), the last one included."""
        return [value for _, value in self.points(first, last)]

    def points(self, first: int, last: int) -> list[tuple[int, float]]:
        """Return the minutes from `first` to `last` that are known, with their means."""
        first = max(first, last - MINUTES + 1)
        return [
            (minute, self._means[slot])
            for minute in range(first, last + 1)
            if self._numbers[slot := minute % MINUTES] == minute
        ]

    def total(self, minute: int, minutes: int) -> float:
        """Return what a rate per second amounts to over the last `minutes` whole minutes and the present one."""
        done = self._totals.get(minutes)
        if done is None:
            done = self._totals[minutes] = 60 * sum(self.between(minute - minutes, minute - 1))
        return done + (self._sum if minute == self._minute else 0.0)

    def _put(self, minute: int, mean: float) -> None:
        self._means[minute % MINUTES], self._numbers[minute % MINUTES] = mean, minute
