"""How much work the database does best at once, learnt from what it does: the knee of bandwidth and delay.

By Little's law a server that finishes X requests a second, each of which takes R seconds when nothing stands in its
way, has X times R of them inside. More inside makes nobody faster. So the limit is 1.15 times the highest such
product of the last seconds, and one: the surplus finds out whether more is possible. Requests of several classes add
up, each with its own R, so that a mix of quick and slow ones is not taken for a slow database.

Source: the model of BBR (Cardwell et al., ACM Queue 14.5, 2016), applied to a database as in `docs/guide/guard.md`.
"""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from math import ceil

TICK_SECONDS = 0.5
COMPLETIONS_MIN = 15
"""Fewer say little: the measuring goes on into the next tick."""
SAMPLES_MIN = 10
WINDOW_SECONDS = 13.0
GAIN = 1.15
FLOOR = 2
START = 4
PROBE_AFTER_SECONDS = 8.0
CUT = 0.7
CUT_AGAIN_SECONDS = 0.5


@dataclass(slots=True)
class _Lane:
    """What one class did since the last look, and the mean times of its last looks that many took part in."""

    finished: int = 0
    seconds: float = 0.0
    sampled: int = 0
    sampled_seconds: float = 0.0
    means: deque[tuple[float, float]] = field(default_factory=deque)

    def least(self, now: float) -> float:
        """Return the least mean time: of SAMPLES_MIN or more each, because a few lucky ones say nothing."""
        self.sampled += self.finished
        self.sampled_seconds += self.seconds
        mean = self.sampled_seconds / self.sampled
        if self.sampled >= SAMPLES_MIN:
            _keep(self.means, (now, mean), now)
            self.sampled, self.sampled_seconds = 0, 0.0
        return min((seconds for _, seconds in self.means), default=mean)


class Knee:
    """Learns `limit`, how many requests may be inside at once; never below FLOOR or above `ceiling`."""

    def __init__(self, ceiling: int, now: float) -> None:
        """Begin with a sane guess; `now` is in monotonic seconds, here and everywhere."""
        self._ceiling = max(FLOOR, ceiling)
        self._learnt = min(START, self._ceiling)
        self._lanes: dict[Hashable, _Lane] = {}
        self._demands: deque[tuple[float, float]] = deque()
        self._since, self._bound_since = now, now
        self._was_bound, self._probing = False, False
        self._cut_at = float("-inf")
        self.mean_seconds = 0.005

    @property
    def limit(self) -> int:
        """Return how many may be inside now; half of it while the least time is measured anew."""
        return max(FLOOR, self._learnt // 2) if self._probing else self._learnt

    def finish(self, lane: Hashable, seconds: float) -> None:
        """Count a request that left after so many seconds inside."""
        found = self._lanes.get(lane)
        if found is None:
            found = self._lanes[lane] = _Lane()
        found.finished += 1
        found.seconds += seconds

    def bound(self) -> None:
        """Note that somebody had to wait for a place: only then does the limit tell of the server."""
        self._was_bound = True

    def cut(self, now: float) -> None:
        """Take the limit down at once: the database gave up on a statement. At most every half second."""
        if now - self._cut_at >= CUT_AGAIN_SECONDS:
            self._cut_at = now
            self._learnt = max(FLOOR, int(self._learnt * CUT))
            self._demands.clear()
            self._demands.append((now, self._learnt / GAIN))

    def tick(self, now: float) -> None:
        """Look at what happened since the last look; to be called about each TICK_SECONDS."""
        span = now - self._since
        finished = sum(lane.finished for lane in self._lanes.values())
        if span < TICK_SECONDS * 0.8 or finished < COMPLETIONS_MIN:
            self._forget(now, span)
            return
        self.mean_seconds = sum(lane.seconds for lane in self._lanes.values()) / finished
        self._take(now, self._demand(now, span))
        self._probe(now)
        self._since, self._was_bound = now, False
        for lane in self._lanes.values():
            lane.finished, lane.seconds = 0, 0.0

    def _demand(self, now: float, span: float) -> float:
        """Return how many were inside for their work's sake: each class's rate times its least time."""
        total = 0.0
        for lane in self._lanes.values():
            if lane.finished:
                total += lane.finished / span * lane.least(now)
        return total

    def _take(self, now: float, demand: float) -> None:
        """Keep the demand and learn from the highest; a shop with nothing to do shows only what it needed."""
        _keep(self._demands, (now, demand), now)
        wished = ceil(GAIN * max(most for _, most in self._demands)) + 1
        if self._was_bound or wished > self._learnt:
            self._learnt = min(self._ceiling, max(FLOOR, wished))

    def _probe(self, now: float) -> None:
        if self._probing:
            self._probing, self._bound_since = False, now
        elif not self._was_bound:
            self._bound_since = now
        elif now - self._bound_since >= PROBE_AFTER_SECONDS and self._learnt > FLOOR:
            self._probing = True

    def _forget(self, now: float, span: float) -> None:
        """Begin to count anew when hardly anything happened for long: a rate over minutes says nothing."""
        if span > WINDOW_SECONDS:
            self._since = self._bound_since = now
            self._probing = self._was_bound = False
            for lane in self._lanes.values():
                lane.finished, lane.seconds = 0, 0.0


def _keep(values: deque[tuple[float, float]], value: tuple[float, float], now: float) -> None:
    values.append(value)
    while values[0][0] < now - WINDOW_SECONDS:
        values.popleft()
