"""The table of everything a drill measures: name, words, unit, and how it is read off the outcome."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from doorbuster.drill.answers import HONEST_NO, HONEST_WAIT, SLOW_SECONDS
from doorbuster.drill.measures import (
    Outcome,
    grown_share,
    hoarded_share,
    hurt_share,
    people,
    percentile,
    purchase_seconds,
    schedule_lag_seconds,
    seconds_to_no,
    selling_seconds,
)
from doorbuster.drill.record import Attempt

GOOD_SHARE = 0.95
CALM_SECONDS = 3
HURT_PEOPLE_MIN, HURT_PEOPLE_SHARE = 5, 0.05
SLICE_SECONDS, HURTING_SHARE, SHORT_SECONDS = 5.0, 0.01, 20.0
"""Such stretches count as hurting, for the shop and for whoever judges what it says."""
SHARE_PEOPLE_MIN = 50


@dataclass(frozen=True, slots=True)
class Measure:
    """One number about a drill."""

    title: str
    unit: str
    read: Callable[[Outcome], float | None]
    """None where the shop cannot tell."""


def detection_seconds(outcome: Outcome) -> float | None:
    """Return the time from the first fault to the first alert or diagnosis; None in a shop that has neither."""
    witness, broken = outcome.witness, _broken_at(outcome)
    if not (witness.diagnosed or witness.alerting) or broken == float("inf"):
        return None
    told = [mark.at for mark in (*witness.of("alert"), *witness.of("diagnosis")) if mark.at >= broken]
    return min(told, default=float("inf")) - broken


def false_pages(outcome: Outcome) -> int | None:
    """Return how many alerts called somebody before anything was broken; None in a shop without alerts."""
    if not outcome.witness.alerting:
        return None
    return sum(mark.pages and mark.at < _broken_at(outcome) for mark in outcome.witness.of("alert"))


def _broken_at(outcome: Outcome) -> float:
    """Return when something was broken first; a fault is noted when it is mended, so their order is no time line."""
    return min((mark.at for mark in outcome.witness.of("fault")), default=float("inf"))


def cause_named_seconds(outcome: Outcome) -> float | None:
    """Return the time from the first fault that has a cause until it is named; None in a shop without a diagnosis."""
    fault = next((mark for mark in outcome.witness.of("fault") if mark.cause), None)
    if fault is None or not outcome.witness.diagnosed:
        return None
    named = [mark.at for mark in outcome.witness.of("diagnosis") if mark.cause == fault.cause and mark.at >= fault.at]
    return min(named, default=float("inf")) - fault.at


def recovery_seconds(outcome: Outcome) -> float:
    """Return how long after the last fault was mended until three seconds in a row hurt hardly anybody.

    Judged by the second in which requests were planned; a crowd that left before is no proof, and counts as never.
    """
    ended = max((mark.ended or mark.at for mark in outcome.witness.of("fault")), default=0.0)
    asked: dict[int, list[bool]] = {}
    for attempt in outcome.record.attempts:
        if attempt.planned >= ended and attempt.step != "scrape":
            asked.setdefault(int(attempt.planned - ended), []).append(attempt.hurt)
    for second in range(max(asked, default=0) - CALM_SECONDS + 2):
        window = [hurt for each in range(second, second + CALM_SECONDS) for hurt in asked.get(each, [])]
        if window and window.count(False) >= GOOD_SHARE * len(window):
            return float(second)
    return float("inf")


def incident_beginning_off(outcome: Outcome) -> float | None:
    """Return by how many seconds the incident's beginning is off from when the first person was hurt; None untold."""
    told, felt = outcome.witness.incident, hurt_moments(outcome)
    if not is_worth_an_incident(outcome):
        return None
    return abs(told.began - felt[0]) if told and told.began is not None else float("inf")


def incident_share_off(outcome: Outcome) -> float | None:
    """Return by how much (as a share) the incident is off in how many people were hurt of those who were there.

    None where it hurt for so short a time, or so few were there, that the five seconds in which the shop counts decide.
    """
    told, felt = outcome.witness.incident, hurt_moments(outcome)
    if not is_worth_an_incident(outcome):
        return None
    if told is None or not told.visitors_seen or told.visitors_hurt is None:
        return float("inf")
    if (until := _hurt_until(outcome, felt)) - felt[0] < SHORT_SECONDS:
        return None
    there = {a.shopper for a in outcome.record.attempts if a.answered >= felt[0] and a.planned <= until}
    if len(there) < SHARE_PEOPLE_MIN:
        return None
    hurt = {a.shopper for a in outcome.record.attempts if a.hurt}
    return abs(told.visitors_hurt / told.visitors_seen - len(hurt & there) / len(there))


def _hurt_until(outcome: Outcome, felt: list[float]) -> float:
    """Return the end of the last five seconds in which a hundredth or more of those who were there was hurt.

    One straggler long after the others makes nobody else one who was there while it hurt.
    """
    hurt, there = Counter(int(at // SLICE_SECONDS) for at in felt), dict[int, set[int]]()
    for attempt in outcome.record.attempts:
        there.setdefault(int(attempt.answered // SLICE_SECONDS), set()).add(attempt.shopper)
    last = max(number for number, count in hurt.items() if count >= HURTING_SHARE * len(there.get(number, ())))
    return (last + 1) * SLICE_SECONDS


def mitigation_seconds(outcome: Outcome) -> float | None:
    """Return the time from the incident's detection until the last person was hurt; None without an incident."""
    told, felt = outcome.witness.incident, hurt_moments(outcome)
    return max(0.0, felt[-1] - told.detected) if told and felt else None


def incident_cause_wrong(outcome: Outcome) -> float | None:
    """Return 1 when the incident ends with another cause than that of the first fault, 0 when it is right.

    None where too few were hurt for an incident.
    """
    fault = next((mark for mark in outcome.witness.of("fault") if mark.cause), None)
    if fault is None or not is_worth_an_incident(outcome):
        return None
    return float(outcome.witness.incident is None or outcome.witness.incident.cause != fault.cause)


def is_worth_an_incident(outcome: Outcome) -> bool:
    """Say whether so many people were hurt that a shop which watches itself should have opened an incident."""
    hurt = sum(fate.hurt for fate in people(outcome))
    return outcome.witness.alerting and hurt >= max(HURT_PEOPLE_MIN, HURT_PEOPLE_SHARE * len(people(outcome)))


def hurt_moments(outcome: Outcome) -> list[float]:
    """Return when people were hurt since the first fault, in order: at an error, or after three seconds of waiting."""
    since = min((mark.at for mark in outcome.witness.of("fault")), default=0.0)
    felt = (
        min(each.answered, each.planned + SLOW_SECONDS)
        for each in outcome.record.attempts
        if each.hurt and each.step != "scrape"
    )
    return sorted(moment for moment in felt if moment >= since)


def _share(outcome: Outcome, counts: Callable[[Attempt], bool]) -> float:
    asked = [attempt for attempt in outcome.record.attempts if attempt.kind not in ("Resent", "HungUp")]
    return sum(map(counts, asked)) / len(asked) if asked else 0.0


def _is_good(attempt: Attempt) -> bool:
    return 0 < attempt.status < 400 and not attempt.hurt


def _is_told_no(attempt: Attempt) -> bool:
    return attempt.kind in HONEST_NO | HONEST_WAIT and not attempt.hurt


def _server_errors(outcome: Outcome) -> int:
    return sum(each.status >= 500 and each.kind not in HONEST_WAIT for each in outcome.record.attempts)


def _is_error(attempt: Attempt) -> bool:
    return attempt.hurt and (attempt.status == 0 or attempt.status >= 500)


def _latencies(outcome: Outcome) -> Iterable[float]:
    return (attempt.latency_seconds for attempt in outcome.record.attempts if attempt.kind != "HungUp")


def _purchase_success_share(outcome: Outcome) -> float:
    tried = [fate for fate in outcome.record.fates if fate.claim_planned is not None and fate.outcome != "hoarded"]
    return sum(fate.outcome not in ("gave_up", "failed") for fate in tried) / len(tried) if tried else 1.0


def _purchases_failed_share(outcome: Outcome) -> float:
    """Return which part of those who had got a unit left without knowing that it is theirs."""
    walked_away = {fate.shopper for fate in outcome.record.fates if fate.outcome in ("left_on_purpose", "hoarded")}
    held, paid = (
        {each.shopper for each in outcome.record.promises if each.what == what} - walked_away
        for what in ("hold", "paid")
    )
    return len(held - paid) / len(held) if held else 0.0


def _counted(outcome: Outcome, *fates: str) -> float:
    return sum(fate.outcome in fates for fate in people(outcome))


def _count_paid(outcome: Outcome) -> int:
    return len(outcome.record.promised("paid"))


def _ghosts(outcome: Outcome) -> float:
    """Units sold to somebody who, as far as the crowd knows, never bought: they had left."""
    return max(0, outcome.sold - _count_paid(outcome))


def _unanswered_share(outcome: Outcome) -> float:
    fates = people(outcome)
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
    "goodput_share": Measure("Requests answered as wished, in time", "share", lambda o: _share(o, _is_good)),
    "honest_share": Measure(
        "Requests answered as wished or told an honest no, in time",
        "share",
        lambda o: _share(o, lambda a: _is_good(a) or _is_told_no(a)),
    ),
    "error_share": Measure("Requests that met a 5xx or no answer", "share", lambda o: _share(o, _is_error)),
    "hurt_shoppers": Measure("People hurt", "people", lambda o: sum(fate.hurt for fate in people(o))),
    "purchase_success_share": Measure("Buyers who were served or told the truth", "share", _purchase_success_share),
    "purchases_failed_share": Measure(
        "Buyers with a unit who left without knowing it is theirs", "share", _purchases_failed_share
    ),
    "told_to_wait": Measure("People told to wait until they left", "people", lambda o: _counted(o, "told_to_wait")),
    "detection_seconds": Measure("First fault to the first alert", "s", detection_seconds),
    "false_pages": Measure("Alerts that called somebody for nothing", "alerts", false_pages),
    "cause_named_seconds": Measure("First fault to its true cause being named", "s", cause_named_seconds),
    "incident_beginning_off": Measure("The incident's beginning is off by", "s", incident_beginning_off),
    "incident_share_off": Measure("The incident's share of people hurt is off by", "share", incident_share_off),
    "incident_cause_wrong": Measure("The incident's cause is wrong", "causes", incident_cause_wrong),
    "mitigation_seconds": Measure("Incident detected to nobody hurt any more", "s", mitigation_seconds),
    "recovery_seconds": Measure("Mended to well again", "s", recovery_seconds),
    "server_errors": Measure("Answers 5xx without an honest word", "answers", _server_errors),
    "failed_shoppers": Measure("Shoppers refused for no good reason", "shoppers", lambda o: _counted(o, "failed")),
    "hurt_share": Measure("Shoppers hurt", "share", hurt_share),
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
    "answer_p50_seconds": Measure("Any answer, median", "s", lambda o: percentile(_latencies(o), 0.5)),
    "answer_p99_seconds": Measure("Any answer, p99", "s", lambda o: percentile(_latencies(o), 0.99)),
    "statements_per_purchase": Measure("SQL statements per purchase", "statements", _statements_per_purchase),
    "memory_grown_share": Measure(
        "Memory of the shop, last fifth against the second", "share", lambda o: grown_share(o, lambda h: h.memory_bytes)
    ),
    "files_grown_share": Measure(
        "Open files and connections, last fifth against the second",
        "share",
        lambda o: grown_share(o, lambda h: h.files),
    ),
    "client_cpu_seconds": Measure("The client's own CPU time", "s", lambda o: o.record.cpu_seconds),
    "client_lag_p99_seconds": Measure(
        "The client's own lateness, p99", "s", lambda o: schedule_lag_seconds(o.record.attempts)
    ),
}
