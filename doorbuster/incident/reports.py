"""Reports over incidents: how many a month, how long things took, what the causes were, what was proved, what is left.

Promises: pure; a figure that is not known is None, never zero.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence

import msgspec

from doorbuster.incident.clocks import CLOCKS, Reads, clocks_of, middle
from doorbuster.incident.incident import Incident, State
from doorbuster.incident.items import Item
from doorbuster.web.pages import moment_of

MONTHS_MAX = 13
BUDGET_SHARE = 0.001
"""How much of a month's time may hurt customers: about three quarters of an hour."""
MONTH_SECONDS = 30 * 86_400


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """One month: incidents, those of severity 1 and 2, and the median of each clock in seconds."""

    month: str
    incidents: int
    severe: int
    clocks: dict[str, int | None]
    budget_used: float
    """Hurt seconds, weighted by the share hurt, as a share of what a month may have; above 1 it is overspent."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report."""

    months: tuple[Month, ...]
    causes: tuple[tuple[str, int], ...]
    items: dict[str, int]
    rotted: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as programs read it; times in seconds since 1970."""

    id: int
    title: str
    severity: int
    state: State
    cause: str
    team: str
    impact_at: int | None
    detected_at: int
    acknowledged_at: int | None
    named_at: int | None
    mitigated_at: int | None
    resolved_at: int | None
    reviewed_at: int | None
    hurt_peak: float | None
    visitors_seen: int | None
    visitors_hurt: int | None
    quiet_since: int | None
    drill: str
    clocks: tuple[Reads, ...]


def report_of(incidents: Sequence[Incident], items: Sequence[Item]) -> Report:
    """Return the report."""
    by_month: dict[str, list[Incident]] = {}
    for it in incidents:
        by_month.setdefault(f"{moment_of(it.detected_at):%Y-%m}", []).append(it)
    return Report(
        months=tuple(_month(name, by_month[name]) for name in sorted(by_month, reverse=True)[:MONTHS_MAX]),
        causes=tuple(Counter(it.cause or "not named" for it in incidents).most_common(10)),
        items={state: sum(item.state == state for item in items) for state in ("open", "done", "verified")},
        rotted=sum(item.rotted for item in items),
    )  # fmt: skip


def told(it: Incident) -> Told:
    """Return an incident as programs read it."""
    known = {name: getattr(it, name) for name in Told.__struct_fields__ if name != "clocks"}
    return Told(**known, clocks=clocks_of(it))


def as_csv(incidents: Sequence[Incident]) -> str:
    """Return one line for each incident, clocks in seconds; what a spreadsheet could run is made plain text."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(
        ["id", "title", "severity", "state", "cause", "detected", *(f"to {name} (s)" for name, _, _ in CLOCKS)]
    )
    for it in incidents:
        title = f"'{it.title}" if it.title[:1] in "=+-@\t\r" else it.title
        seconds = [each.seconds for each in clocks_of(it)]
        writer.writerow(
            [it.id, title, it.severity, it.state, it.cause, moment_of(it.detected_at).isoformat(), *seconds]
        )
    return file.getvalue()


def _month(name: str, incidents: Sequence[Incident]) -> Month:
    readings = [clocks_of(it) for it in incidents]
    hurt = sum(
        (it.hurt_peak or 0.0) * ((it.mitigated_at or it.resolved_at or it.detected_at) - it.began_at)
        for it in incidents
    )
    return Month(
        month=name, incidents=len(incidents), severe=sum(it.severity <= 2 for it in incidents),
        clocks={clock: middle([reads[index] for reads in readings]) for index, (clock, _, _) in enumerate(CLOCKS)},
        budget_used=round(hurt / (MONTH_SECONDS * BUDGET_SHARE), 3),
    )  # fmt: skip
