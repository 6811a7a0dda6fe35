"""GCRA, the generic cell rate algorithm: one number for each key, no window edges, an exact time to come back.

Source: ITU-T I.371; the virtual-scheduling form. State is the theoretical arrival time (TAT) of the next request: a
request is sound when it comes no earlier than TAT - burst x period; it moves TAT on by one period.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

KEYS_MAX = 100_000
FORGIVEN = 1e-6
"""So much of a request is forgiven, for good: times are floats."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second in the long run, and so many at once."""

    per_second: float
    burst: int


class Verdict(NamedTuple):
    """Whether a request may pass; how many more could follow at once; seconds until the next may, when none can."""

    passes: bool
    remaining: int
    wait_seconds: float


class Meter(Generic[Key]):
    """Counts requests by key against one rate; remembers at most `keys_max` keys, the longest silent go first.

    Forgetting a silent key is harmless once its TAT is past; when more keys than that are busy at once, the eldest ones
    get a fresh burst: memory is bounded, the bound on a caller is then softer.
    """

    def __init__(self, rate: Rate, keys_max: int = KEYS_MAX) -> None:
        """Start with nobody heard of."""
        self.rate = rate
        self._keys_max = keys_max
        self._counted: dict[Key, int] | None = None
        self._tats: OrderedDict[Key, float] = OrderedDict()

    def ask(self, key: Key, now: float) -> Verdict:
        """Say whether a request of `key` may pass at `now` (monotonic seconds); nothing is counted."""
        period = 1.0 / self.rate.per_second
        ahead = max(0.0, self._tats.get(key, now) - now)
        room = self.rate.burst - ahead / period
        remaining = int(room + FORGIVEN)
        if remaining >= 1:
            return Verdict(True, remaining - 1, 0.0)
        return Verdict(False, 0, (1.0 - room) * period)

    def count(self, key: Key, now: float) -> None:
        """Count a request that passed."""
        period = 1.0 / self.rate.per_second
        latest = now + (self.rate.burst - 1) * period
        self._tats[key] = min(max(now, self._tats.get(key, now)), latest) + period
        self._tats.move_to_end(key)
        if len(self._tats) > self._keys_max:
            self._tats.popitem(last=False)
        if self._counted is not None and (key in self._counted or len(self._counted) < self._keys_max):
            self._counted[key] = self._counted.get(key, 0) + 1

    def hold_back(self, key: Key, now: float) -> None:
        """Let the next request of `key` pass a whole period from now: for who was told to wait and did not."""
        self._tats[key] = now + self.rate.burst / self.rate.per_second

    def count_for_sharing(self) -> None:
        """Remember from now on what is counted, for `take_counted`."""
        self._counted = {}

    def take_counted(self) -> dict[Key, int]:
        """Return how many requests of each key were counted since the last time."""
        taken, self._counted = self._counted or {}, {}
        return taken

    def learn(self, key: Key, tat: float) -> None:
        """Hear how far a key has come elsewhere; it never gets back what it has used here."""
        if key in self._tats:
            self._tats[key] = max(self._tats[key], tat)
