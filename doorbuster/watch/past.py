"""The past as alert rules look at it: every signal by seconds for a quarter of an hour, a few by minutes for a month.

Promises: memory is bounded; looking costs microseconds, so that every rule can be judged each second; a second that was
not measured is left out of a mean, never taken for zero. A signal with a subject (`db.seq_rows:orders`) that is not
among a second's signals was zero then: only subjects about which there is something to say are measured.
Never: asks what time it is: it is told.
"""

import math
from array import array
from collections.abc import Callable, Hashable, Iterable
from statistics import median
from typing import Any, TypeVar

from doorbuster.watch.signals import Tick

T = TypeVar("T")

SECONDS = 900
FRESH_SECONDS = 5
MINUTES = 31 * 24 * 60
LONG = (
    "http.requests", "http.refused", "http.errors", "http.slow", "http.p95", "orders.placed", "disk.free_bytes",
    "sale.expected",
)  # fmt: skip
"""The signals of which minutes are kept."""

_UNKNOWN = math.nan


class Past:
    """What was measured so far."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.now = self.begun = 0
        self.sale_since: int | None = None
        self.answered = self.hurt = 0.0
        self.minutes = {name: Minutes() for name in LONG}
        self._seconds: list[Tick | None] = [None] * SECONDS
        self._newest: Tick | None = None
        self._subjects: dict[str, list[str]] = {}
        self._met: dict[str, int] = {}
        self._of_second: dict[tuple[str, int, int], list[float]] = {}
        self._of_minute: tuple[int, dict[Hashable, Any]] = (0, {})

    def add(self, tick: Tick) -> None:
        """Take the newest second; one that is not newer than the last is left out."""
        if self._newest is not None and tick.at <= self._newest.at:
            return
        if not self.begun:
            self.begin(tick.at)
        self._newest = tick
        self._seconds[tick.at % SECONDS] = tick
        self._note_subjects(tick)
        self.move_to(tick.at)
        for name, minutes in self.minutes.items():
            minutes.add(tick.at, tick.values.get(name))
        self.answered += max(0.0, tick.values.get("http.requests", 0.0) - tick.values.get("http.refused", 0.0))
        self.hurt += tick.values.get("http.errors", 0.0) + tick.values.get("http.slow", 0.0)
        if tick.values.get("sale.expected", 0.0) < 1:
            self.sale_since = None
        elif self.sale_since is None:
            self.sale_since = tick.at

    @property
    def newest_at(self) -> int:
        """Return when the newest second was, or when listening began."""
        return self._newest.at if self._newest is not None else self.begun

    def begin(self, now: int) -> None:
        """Begin to listen: what was not heard of before is not missing yet."""
        self.now = self.begun = now

    def move_to(self, now: int) -> None:
        """Let time go on to `now` (seconds since 1970), with a new second measured or without; never back."""
        self.now = max(self.now, now)
        self._of_second.clear()

    def last(self, name: str) -> float | None:
        """Return the value of the newest second, if that is known and not older than five seconds."""
        newest = self._newest
        return newest.values.get(name) if newest is not None and self.now - newest.at <= FRESH_SECONDS else None

    def silent_seconds(self, name: str = "") -> float:
        """Return for how long nothing was measured, or nothing of this name; the whole quarter of an hour at most."""
        longest = min(SECONDS, self.now - self.begun)
        for ago in range(longest):
            tick = self._at(self.now - ago)
            if tick is not None and (not name or name in tick.values):
                return float(ago)
        return float(longest)

    def subjects(self, name: str) -> list[str]:
        """Return what stands after the colon in the newest second's names that begin with `name`."""
        return self._subjects.get(name, [])

    def signals(self) -> dict[str, float]:
        """Return the newest second's signals; of a subject that was met within a quarter of an hour, 0 if nothing else.

        Empty when nothing was measured for five seconds.
        """
        newest = self._newest
        if newest is None or self.now - newest.at > FRESH_SECONDS:
            return {}
        return {**dict.fromkeys(self._met, 0.0), **newest.values}

    def values(self, name: str, seconds: int, ago: int = 0) -> list[float]:
        """Return the known values of the `seconds` that ended `ago` seconds before now, oldest first."""
        known = self._of_second.get((name, seconds, ago))
        if known is None:
            known = self._of_second[name, seconds, ago] = self._values(name, seconds, ago)
        return known

    def _values(self, name: str, seconds: int, ago: int) -> list[float]:
        end = self.now - ago
        first = max(end - seconds, self.now - SECONDS) + 1
        found = (self._at(at) for at in range(first, end + 1))
        absent = 0.0 if ":" in name else None
        return [value for tick in found if tick is not None and (value := tick.values.get(name, absent)) is not None]

    def mean(self, name: str, seconds: int, ago: int = 0) -> float | None:
        """Return the mean of the known values, or None when there are none."""
        known = self.values(name, seconds, ago)
        return sum(known) / len(known) if known else None

    def middle(self, name: str, seconds: int, ago: int = 0) -> float | None:
        """Return the median of the known values, or None when there are none."""
        known = self.values(name, seconds, ago)
        return median(known) if known else None

    def total(self, name: str, seconds: int) -> float:
        """Return how much a rate amounts to over the last `seconds`; beyond a quarter of an hour, by whole minutes."""
        if seconds <= SECONDS or name not in self.minutes:
            return sum(self.values(name, seconds))
        return self.minutes[name].total(self.now // 60, seconds // 60)

    def once_a_minute(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what `compute` says, asking it once in each minute: for what looks over hours or weeks."""
        if self._of_minute[0] != self.now // 60:
            self._of_minute = (self.now // 60, {})
        known = self._of_minute[1]
        if key not in known:
            known[key] = compute()
        found: T = known[key]
        return found

    def _note_subjects(self, tick: Tick) -> None:
        self._subjects = {}
        for full in tick.values:
            base, colon, subject = full.partition(":")
            if colon:
                self._subjects.setdefault(base, []).append(subject)
                self._met[full] = tick.at
        if tick.at % 60 == 0:
            self._met = {full: at for full, at in self._met.items() if at > tick.at - SECONDS}

    def _at(self, at: int) -> Tick | None:
        tick = self._seconds[at % SECONDS]
        return tick if tick is not None and tick.at == at else None


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
