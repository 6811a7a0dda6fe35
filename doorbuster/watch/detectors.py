"""How something unusual is told from numbers alone: a spike, a silence, a shift of level, a tank that fills.

Promises: pure functions over plain numbers; each has a floor, so that little traffic is never judged by its noise.

A ratio to a median with a floor is used instead of a z-score: request rates are not normal, and on the same windows a
z-score cried wolf where the ratio did not (docs/guide/alerts.md has the figures).
"""

from collections.abc import Sequence
from statistics import mean, median, variance

SPIKE_RATIO = 3.0
SHIFT_RATIO = 3.0
SILENT_SHARE = 0.1
EVENTS_EXPECTED_MIN = 60.0
SILENCE_SECONDS = (60, 1800)


def spike(now: float | None, usual: float | None, floor: float) -> float | None:
    """Return how many times the usual value the present one is; 0 below the floor, None when either is not known."""
    if now is None or usual is None:
        return None
    return now / max(usual, floor / SPIKE_RATIO) if now >= floor else 0.0


def silence_window(usual_rate: float, scatter: float = 1.0) -> int | None:
    """Return over how many seconds EVENTS_EXPECTED_MIN events are usual, or None when that takes over half an hour.

    Events that come in bunches are fewer than they seem: `scatter` says how large the bunches are. With 60 events
    expected, and even if only half as many come today, six or fewer are a matter of chance once in ten million times
    (Poisson).
    """
    shortest, longest = SILENCE_SECONDS
    needed = EVENTS_EXPECTED_MIN * scatter
    return max(shortest, round(needed / usual_rate)) if usual_rate * longest >= needed else None


def scatter(counts: Sequence[float]) -> float:
    """Return how much counts scatter beside what independent events would (variance over mean, the Fano factor)."""
    if len(counts) < 10 or sum(counts) <= 0:
        return 1.0
    return max(1.0, variance(counts) / mean(counts))


def usual(same_time_before: Sequence[float], lately: float | None) -> float | None:
    """Return what is usual now: the median of the same time of earlier days or weeks, or lately's if that is less.

    Two earlier times at least are needed; without them nothing is usual yet.
    """
    if len(same_time_before) < 2 or lately is None:
        return None
    return min(median(same_time_before), lately)


def shift(now: Sequence[float], before: Sequence[float], floor: float) -> float | None:
    """Return how many times its former level a series has now (median to median); None while too little is known."""
    if len(now) < 3 or len(before) < 30:
        return None
    return spike(median(now), median(before), floor)


def seconds_until_empty(points: Sequence[tuple[float, float]]) -> float | None:
    """Return when a falling line through (second, amount) meets zero, counted from the last point; None if it rises.

    The line is that of least squares.
    """
    if len(points) < 10:
        return None
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0
    return points[-1][1] / -slope if slope < 0 else None
