"""Whom to turn away before they wait: a threshold over levels, so that one shopper is not shed on every second page.

A request's level is 100 times its priority plus its caller's cohort, a number from 0 to 99 that stays the same for an
hour. Under overload everybody below the threshold is refused at once. The same callers are let in page after page, and
an hour later others are: DAGOR's idea (Zhou et al., "Overload Control for Scaling WeChat Microservices", SoCC 2018).

Unlike there, the threshold isn't felt for by small steps: arrivals and completions of the last quarter second say which
share is too much, and the levels of the last thousand arrivals say where that share ends. It is right after one look
at ten times the load, and it comes down by half a look when the line is empty again.
"""

from collections import deque
from functools import lru_cache
from zlib import crc32

from doorbuster.guard.lanes import Lane

LOOK_SECONDS = 0.25
ARRIVALS_MAX = 1_000
SURPLUS = 1.15
"""Of what can be done, so much more is let into the line, so that it never runs empty by chance."""
NEVER_SHED = 300
LAGGING_SHED = 200
"""A worker that is late with everything sheds what only looks around; those who buy cost little by comparison."""
LAG_SHARE_STEP = 0.1
COHORT_SECONDS = 3_600.0
COHORTS_REMEMBERED = 8_192
FORGET_BELOW = 0.02


def level_of(lane: Lane, key: str, now: float) -> int:
    """Return the level of a caller's request; `now` in seconds of any clock that goes on."""
    return 100 * lane.priority + _cohort_of(key, now // COHORT_SECONDS)


@lru_cache(COHORTS_REMEMBERED)
def _cohort_of(key: str, hour: float) -> int:
    return crc32(f"{key}{int(hour)}".encode()) % 100


class Threshold:
    """Keeps `level`: whoever comes from below it is refused; 0 refuses nobody."""

    def __init__(self) -> None:
        """Refuse nobody."""
        self._levels: deque[int] = deque(maxlen=ARRIVALS_MAX)
        self._arrived, self._finished = 0, 0
        self._pace = 0.0
        self.share = 0.0
        self._lag_share = 0.0
        self.level = 0

    def arrive(self, level: int) -> bool:
        """Count an arrival; say whether it may stay."""
        self._levels.append(level)
        self._arrived += 1
        return level >= self.level

    def finish(self) -> None:
        """Count a request that was done."""
        self._finished += 1

    def look(self, *, standing: bool, lagging: bool) -> None:
        """Set the threshold anew: `standing` when more have come for a while than could be served."""
        arrived, finished = self._arrived, self._finished
        self._arrived = self._finished = 0
        # What is done in a quarter second jumps about when a request takes long; two looks back it is steadier.
        self._pace = finished if not self._pace else 0.5 * self._pace + 0.5 * finished
        if standing and arrived:
            self.share = max(0.0, 1.0 - SURPLUS * self._pace / arrived)
        else:
            self.share = self.share / 2 if self.share > FORGET_BELOW else 0.0
        step = LAG_SHARE_STEP if lagging else -LAG_SHARE_STEP
        self._lag_share = min(1.0, max(0.0, self._lag_share + step))
        self.level = max(self._below(self.share, NEVER_SHED), self._below(self._lag_share, LAGGING_SHED))

    def _below(self, share: float, most: int) -> int:
        """Return the level that this share of the arrivals comes from below, `most` at most."""
        if share <= 0.0 or not self._levels:
            return 0
        ordered = sorted(self._levels)
        return min(most, ordered[min(len(ordered) - 1, int(share * len(ordered)))])
