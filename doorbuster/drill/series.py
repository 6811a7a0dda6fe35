"""Turns a record into what is plotted: one value per interval of time, measured from the opening."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from doorbuster.drill.answers import BROKEN, HONEST_NO, HONEST_WAIT
from doorbuster.drill.measures import Outcome, percentile
from doorbuster.drill.record import Attempt

INTERVALS_ABOUT = 80
GROUPS = ("pages", "yes", "wait", "no", "refused", "broken")
GROUP_TITLES = {
    "pages": "pages and other answers", "yes": "held, ordered, paid", "wait": "told to wait",
    "no": "told sold out", "refused": "other refusals", "broken": "5xx or no answer",
}  # fmt: skip
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Intervals:
    """Time cut into equal intervals, in seconds from the opening."""

    start: float
    step: float
    count: int
    marks: Sequence[tuple[float, str]] = ((0.0, "the sale opens"),)
    """What is marked on the time line of every figure."""

    def at(self, index: int) -> float:
        """Return when an interval begins."""
        return self.start + index * self.step

    def index(self, moment: float) -> int:
        """Return the interval a moment belongs to."""
        return min(self.count - 1, max(0, int((moment - self.start) / self.step)))

    @property
    def span(self) -> tuple[float, float]:
        """Return the first and the last moment."""
        return self.start, self.at(self.count)


def intervals_of(outcome: Outcome) -> Intervals:
    """Cut the drill into about eighty intervals of a round length."""
    answered = [attempt.answered for attempt in outcome.record.attempts] or [1.0]
    start, end = -outcome.opened_at, max(answered) - outcome.opened_at
    start = max(start, -min(30.0, outcome.opened_at))
    step = next(
        step
        for step in (0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600, 86_400)
        if (end - start) / step <= INTERVALS_ABOUT
    )
    return Intervals(start, step, max(1, int((end - start) / step) + 1), marks_of(outcome))


def marks_of(outcome: Outcome) -> list[tuple[float, str]]:
    """Return what happened and when: the opening, faults and their mending, levers, alerts and diagnoses."""
    found = [(0.0, "the sale opens")]
    for mark in outcome.witness.marks:
        found.append((mark.at - outcome.opened_at, mark.words if mark.kind != "alert" else f"alert: {mark.words}"))
        if mark.ended is not None and mark.ended > mark.at + 1:
            found.append((mark.ended - outcome.opened_at, "mended"))
    return sorted(found)


def hurt_shares(outcome: Outcome, intervals: Intervals) -> list[tuple[float, float]]:
    """Return the share of requests that hurt, by the interval in which they were planned."""
    seen: list[list[bool]] = [[] for _ in range(intervals.count)]
    for attempt in outcome.record.attempts:
        seen[intervals.index(attempt.planned - outcome.opened_at)].append(attempt.hurt)
    middle = intervals.step / 2
    return [(intervals.at(i) + middle, sum(each) / len(each)) for i, each in enumerate(seen) if each]


def waits_by_class(outcome: Outcome, intervals: Intervals) -> dict[str, list[float]]:
    """Return PostgreSQL's active sessions by wait class: the mean of the looks in each interval, else the last one."""
    names = sorted({name for look in outcome.witness.waits for name in look.by_class})
    found: dict[str, list[float]] = {name: [] for name in names}
    looks: list[list[dict[str, int]]] = [[] for _ in range(intervals.count)]
    for look in outcome.witness.waits:
        looks[intervals.index(look.at - outcome.opened_at)].append(look.by_class)
    for name, values in found.items():
        for each in looks:
            mean = sum(look.get(name, 0) for look in each) / len(each) if each else (values[-1:] or [0.0])[0]
            values.append(mean)
    return found


def counted(intervals: Intervals, moments: Iterable[float]) -> list[int]:
    """Return how many moments (seconds from the opening) fall into each interval."""
    counts = Counter(intervals.index(moment) for moment in moments)
    return [counts[index] for index in range(intervals.count)]


def group_of(attempt: Attempt) -> str:
    """Return which colour an answer has."""
    if attempt.kind in BROKEN or attempt.status >= 500:
        return "broken"
    if attempt.kind in HONEST_NO:
        return "no"
    if attempt.kind in HONEST_WAIT:
        return "wait"
    if attempt.status >= 400:
        return "refused"
    return "yes" if attempt.step in ("hold", "order", "pay", "read") and attempt.status else "pages"


def answers_by_group(outcome: Outcome, intervals: Intervals) -> dict[str, list[int]]:
    """Return the number of answers of each group in each interval."""
    moments: dict[str, list[float]] = {group: [] for group in GROUPS}
    for attempt in outcome.record.attempts:
        moments[group_of(attempt)].append(attempt.answered - outcome.opened_at)
    return {group: counted(intervals, each) for group, each in moments.items()}


def latencies(outcome: Outcome, intervals: Intervals) -> dict[str, list[tuple[float, float]]]:
    """Return the percentiles of latency (seconds) by the interval in which the request was planned."""
    values: list[list[float]] = [[] for _ in range(intervals.count)]
    for attempt in outcome.record.attempts:
        values[intervals.index(attempt.planned - outcome.opened_at)].append(attempt.latency_seconds)
    middle = intervals.step / 2
    return {
        name: [(intervals.at(index) + middle, percentile(each, share)) for index, each in enumerate(values) if each]
        for name, share in PERCENTILES.items()
    }


def stock_curve(outcome: Outcome) -> list[tuple[float, int, int, int]]:
    """Return (seconds from the opening, left, held, sold) for every look at the stock."""
    return [(point.at - outcome.opened_at, point.left, point.held, point.sold) for point in outcome.stock]


def stacked(layers: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the running sums of layers, starting with zeros: the edges between them."""
    edges = [[0.0] * len(layers[0])]
    for layer in layers:
        edges.append([below + value for below, value in zip(edges[-1], layer, strict=True)])
    return edges


def tally(
    values: Iterable[str], order: Callable[[tuple[str, int]], object] = lambda pair: -pair[1]
) -> list[tuple[str, int]]:
    """Return how often each value occurs, most often first."""
    return sorted(Counter(values).items(), key=order)  # type: ignore[arg-type]
