"""The past as alert rules look at it: every signal by seconds for a quarter of an hour, a few by minutes for a month.

Promises: memory is bounded; looking costs microseconds, so that every rule can be judged each second; a second that was
not measured is left out of a mean, never taken for zero. A signal with a subject (`db.seq_rows:orders`) that is not
among a second's signals was zero then: only subjects about which there is something to say are measured.
Never: asks what time it is: it is told.
"""

from collections.abc import Callable, Hashable, Set
from statistics import median
from typing import Any, TypeVar

from doorbuster.watch.signals import Tick
from doorbuster.watch.windows import SECONDS, Minutes, Running

T = TypeVar("T")

FRESH_SECONDS = 5
LONG = (
    "http.requests", "http.refused", "http.errors", "http.slow", "http.p95", "orders.placed", "disk.free_bytes",
    "sale.expected",
)  # fmt: skip
"""The signals of which minutes are kept."""

SUMS_MAX = 500


def absent_value(name: str) -> float | None:
    """Return what a signal was in a second that was measured without it."""
    return 0.0 if ":" in name else None


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
        self._names: Set[str] = frozenset()
        self._sums: dict[str, Running] = {}
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
        for name, running in self._sums.items():
            running.add(tick.at, tick.values.get(name, absent_value(name)))
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
        end = self.now - ago
        first = max(end - seconds, self.now - SECONDS) + 1
        found = (self._at(at) for at in range(first, end + 1))
        absent = absent_value(name)
        return [value for tick in found if tick is not None and (value := tick.values.get(name, absent)) is not None]

    def mean(self, name: str, seconds: int) -> float | None:
        """Return the mean of the last seconds' known values, or None when there are none."""
        total, known = self._running(name).over(self.now, seconds)
        return total / known if known else None

    def whole_mean(self, name: str, seconds: int) -> float | None:
        """Return the mean over a window, if nine tenths are known; beyond a quarter of an hour, by whole minutes."""
        if seconds < SECONDS or name not in self.minutes:
            total, known = self._running(name).over(self.now, seconds)
            return total / known if known * 10 >= seconds * 9 else None
        means = self.minutes[name].between(self.now // 60 - seconds // 60, self.now // 60 - 1)
        return sum(means) / len(means) if len(means) * 600 >= seconds * 9 else None

    def middle(self, name: str, seconds: int, ago: int = 0) -> float | None:
        """Return the median of the known values, or None when there are none."""
        known = self.values(name, seconds, ago)
        return median(known) if known else None

    def known_total(self, name: str, seconds: int) -> float | None:
        """Return the sum of the last seconds' known values, at most a quarter of an hour; None when there are none."""
        total, known = self._running(name).over(self.now, seconds)
        return total if known else None

    def total(self, name: str, seconds: int) -> float:
        """Return how much a rate amounts to over the last `seconds`; beyond a quarter of an hour, by whole minutes."""
        if seconds < SECONDS or name not in self.minutes:
            return self.known_total(name, seconds) or 0.0
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

    def _running(self, name: str) -> Running:
        running = self._sums.get(name)
        if running is None:
            if len(self._sums) >= SUMS_MAX:
                self._sums.clear()
            running = self._sums[name] = Running(self.now - SECONDS)
            for at in range(self.now - SECONDS + 1, self.now + 1):
                if (tick := self._at(at)) is not None:
                    running.add(at, tick.values.get(name, absent_value(name)))
        return running

    def _note_subjects(self, tick: Tick) -> None:
        """Learn the subjects of the newest second; mostly they are those of the second before."""
        if tick.values.keys() != self._names:
            self._names = tick.values.keys()
            self._subjects = {}
            for full in self._names:
                base, colon, subject = full.partition(":")
                if colon:
                    self._subjects.setdefault(base, []).append(subject)
            self._met |= {full: tick.at for full in self._names if ":" in full}
        if tick.at % 60 == 0:
            kept = {full: at for full, at in self._met.items() if at > tick.at - SECONDS}
            self._met = kept | {full: tick.at for full in self._names if ":" in full}

    def _at(self, at: int) -> Tick | None:
        tick = self._seconds[at % SECONDS]
        return tick if tick is not None and tick.at == at else None
