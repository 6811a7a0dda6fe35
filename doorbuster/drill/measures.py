"""What a drill measures: one table of names, units and how each is read off the outcome.

Promises: percentiles are exact (nearest rank), and taken over latencies from the planned moment.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from doorbuster.drill.answers import HONEST_NO, HONEST_WAIT
from doorbuster.drill.plan import SaleFacts
from doorbuster.drill.record import Attempt, Record


@dataclass(frozen=True, slots=True)
class StockPoint:
    """The sale's units as the shop told them at a moment, in seconds since the crowd's start."""

    at: float
    left: int
    held: int
    sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything known after a drill: the client's truth, the shop's and the auditor's."""

    sale: SaleFacts
    opened_at: float
    """Seconds from the crowd's start to the sale's opening."""

    record: Record
    stock: list[StockPoint] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    """What the auditor holds against the shop, in sentences."""

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


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about a drill."""

    title: str
    unit: str
    read: Callable[[Outcome], float]


def percentile(values: Iterable[float], share: float) -> float:
    """Return the nearest-rank percentile (`share` from 0 to 1) of the values; 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def told(value: float, unit: str = "") -> str:
    """Write a measured value as people read it: 0.4 ms, 1.25 s, 3.50%, 1,200."""
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


def schedule_lag_seconds(attempts: Sequence[Attempt]) -> float:
    """Return how late the client itself was (p99) in sending what it had planned."""
    return percentile((attempt.sent - attempt.planned for attempt in attempts if attempt.kind != "Resent"), 0.99)


def _count_paid(outcome: Outcome) -> int:
    return len(outcome.record.promised("paid"))


def _hurt_share(outcome: Outcome) -> float:
    fates = outcome.record.fates
    return sum(fate.hurt for fate in fates) / len(fates) if fates else 0.0


def _ghosts(outcome: Outcome) -> float:
    """Units sold to somebody who, as far as the crowd knows, never bought: they had left."""
    return max(0, outcome.sold - _count_paid(outcome))


def _unanswered_share(outcome: Outcome) -> float:
    fates = outcome.record.fates
    return sum(fate.outcome in ("gave_up", "failed") for fate in fates) / len(fates) if fates else 0.0


def _statements_per_purchase(outcome: Outcome) -> float:
    return (outcome.statements or 0.0) / max(1, _count_paid(outcome))


MEASURES: dict[str, Measure] = {
    "sold_units": Measure("Units sold", "units", lambda o: o.sold),
    "unsold_units": Measure("Units left over", "units", lambda o: max(0, o.sale.units - o.sold)),
    "oversold_units": Measure(
        "Units sold twice", "units", lambda o: max(0, max(o.sold, _count_paid(o)) - o.sale.units)
    ),
    "audit_findings": Measure("Auditor's findings", "findings", lambda o: len(o.findings)),
    "broken_promises": Measure("Same key answered differently", "promises", lambda o: len(o.record.broken_promises)),
    "server_errors": Measure("Answers 5xx", "answers", lambda o: sum(a.status >= 500 for a in o.record.attempts)),
    "failed_shoppers": Measure(
        "Shoppers refused for no good reason", "shoppers", lambda o: sum(f.outcome == "failed" for f in o.record.fates)
    ),
    "hurt_share": Measure("Shoppers hurt", "share", _hurt_share),
    "unanswered_share": Measure("Shoppers left without an honest answer", "share", _unanswered_share),
    "ghost_orders": Measure("Orders sold to shoppers who had left", "orders", _ghosts),
    "purchases_per_second": Measure(
        "Purchases per second while selling", "1/s", lambda o: _count_paid(o) / max(selling_seconds(o), 1e-9)
    ),
    "hoarded_share": Measure("Most of the sale held by those who never pay", "share", hoarded_share),
    "selling_seconds": Measure("Opening to the last unit paid", "s", selling_seconds),
    "purchase_p50_seconds": Measure("A purchase, median", "s", lambda o: percentile(purchase_seconds(o), 0.5)),
    "purchase_p99_seconds": Measure("A purchase, p99", "s", lambda o: percentile(purchase_seconds(o), 0.99)),
    "no_p50_seconds": Measure("Time to an honest no, median", "s", lambda o: percentile(seconds_to_no(o), 0.5)),
    "no_p99_seconds": Measure("Time to an honest no, p99", "s", lambda o: percentile(seconds_to_no(o), 0.99)),
    "answer_p50_seconds": Measure(
        "Any answer, median", "s", lambda o: percentile((a.latency_seconds for a in o.record.attempts), 0.5)
    ),
    "answer_p99_seconds": Measure(
        "Any answer, p99", "s", lambda o: percentile((a.latency_seconds for a in o.record.attempts), 0.99)
    ),
    "statements_per_purchase": Measure("SQL statements per purchase", "statements", _statements_per_purchase),
    "client_cpu_seconds": Measure("The client's own CPU time", "s", lambda o: o.record.cpu_seconds),
    "client_lag_p99_seconds": Measure(
        "The client's own lateness, p99", "s", lambda o: schedule_lag_seconds(o.record.attempts)
    ),
}
