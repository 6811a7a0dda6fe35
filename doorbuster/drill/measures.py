"""What is computed from a drill's outcome; `measured.py` is the table of all measures.

Promises: percentiles are exact (nearest rank), and taken over latencies from the planned moment.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from doorbuster.drill.answers import HONEST_NO, HONEST_WAIT
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.record import Attempt, Fate, Record
from doorbuster.drill.witness import Witness

GROWTH_POINTS_MIN = 60


@dataclass(frozen=True, slots=True)
class StockPoint:
    """The sale's units as the shop told them at a moment, in seconds since the crowd's start."""

    at: float
    left: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True)
class Held:
    """What all processes of the shop held at a moment: resident memory, and open files (connections are some)."""

    at: float
    memory_bytes: float
    files: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything known after a drill: the client's truth, the shop's and the auditor's."""

    sale: SaleFacts
    opened_at: float
    """Seconds from the crowd's start to the sale's opening."""

    record: Record
    stock: list[StockPoint] = field(default_factory=list)
    held_by_shop: list[Held] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    """What the auditor holds against the shop, in sentences."""

    witness: Witness = field(default_factory=Witness)
    """Faults, alerts and diagnoses on the time line, and PostgreSQL's sessions by wait class."""

    postmortem: str = ""
    """What the shop wrote of its own incident, as Markdown; only a shop that was opened for the drill writes one."""

    statements: float | None = None
    """SQL statements run during the drill, background work included."""

    @property
    def sold(self) -> int:
        """Return how many units the shop says it sold."""
        return self.stock[-1].sold if self.stock else 0

    @property
    def held(self) -> int:
        """Return how many units are still held."""
        return self.stock[-1].held if self.stock else 0


def percentile(values: Iterable[float], share: float) -> float:
    """Return the nearest-rank percentile (`share` from 0 to 1) of the values; 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def told(value: float | None, unit: str = "") -> str:
    """Write a measured value as people read it: 0.4 ms, 1.25 s, 3.50%, 1,200."""
    if value is None:
        return "not asked"
    if math.isinf(value):
        return "never"
    match unit:
        case "s":
            return f"{value:,.2f} s" if value >= 1 else f"{value * 1000:,.{1 if value < 0.01 else 0}f} ms"
        case "share":
            return f"{value:.2%}"
        case _:
            return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def purchase_seconds(outcome: Outcome) -> list[float]:
    """Return each purchase's time, from the planned claim to the order known as paid, less the shopper's thinking."""
    return [
        fate.ended - fate.claim_planned - fate.thought
        for fate in outcome.record.fates
        if fate.outcome == "bought" and fate.claim_planned is not None
    ]


def seconds_to_no(outcome: Outcome) -> list[float]:
    """Return, for each shopper who got nothing, the time from the planned claim to the first honest word."""
    told_no = ("told_sold_out", "told_to_wait")
    unlucky = {fate.shopper: fate.claim_planned for fate in outcome.record.fates if fate.outcome in told_no}
    first: dict[int, float] = {}
    for attempt in outcome.record.attempts:
        planned = unlucky.get(attempt.shopper)
        if planned is not None and attempt.step == "hold" and attempt.kind in HONEST_NO | HONEST_WAIT:
            first.setdefault(attempt.shopper, attempt.answered - planned)
    return list(first.values())


def selling_seconds(outcome: Outcome) -> float:
    """Return the time from the opening to the last unit known as paid."""
    paid = [promise.at for promise in outcome.record.promises if promise.what == "paid"]
    return max(paid) - outcome.opened_at if paid else 0.0


def hoarded_share(outcome: Outcome) -> float:
    """Return the largest part of the sale that those who never pay held at one time, as they were told of it."""
    hoarders = {fate.shopper for fate in outcome.record.fates if fate.outcome == "hoarded"}
    holds = [
        promise.at for promise in outcome.record.promises if promise.what == "hold" and promise.shopper in hoarders
    ]
    changes = sorted([(at, 1) for at in holds] + [(at + outcome.sale.hold_seconds, -1) for at in holds])
    held = most = 0
    for _, change in changes:
        held += change
        most = max(most, held)
    return most / outcome.sale.units


def grown_share(outcome: Outcome, read: Callable[[Held], float]) -> float | None:
    """Return how much more the shop holds in the last fifth of the drill than in the second one, as medians.

    In the first fifth everything is still being filled. None where the drill is too short to tell a leak.
    """
    points = outcome.held_by_shop
    if len(points) < GROWTH_POINTS_MIN:
        return None
    fifth = len(points) // 5
    before, after = (median(map(read, part)) for part in (points[fifth : 2 * fifth], points[-fifth:]))
    return after / before - 1 if before else None


def schedule_lag_seconds(attempts: Sequence[Attempt]) -> float:
    """Return how late the client itself was (p99) in sending what it had planned."""
    return percentile((attempt.sent - attempt.planned for attempt in attempts if attempt.kind != "Resent"), 0.99)


def people(outcome: Outcome) -> list[Fate]:
    """Return the fates of people; a program that scrapes is nobody who could be hurt."""
    return [fate for fate in outcome.record.fates if fate.outcome != "scraped"]


def hurt_share(outcome: Outcome) -> float:
    """Return the part of all people who were hurt."""
    fates = people(outcome)
    return sum(fate.hurt for fate in fates) / len(fates) if fates else 0.0
