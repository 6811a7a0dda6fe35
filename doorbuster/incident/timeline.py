"""The timeline: what happened, when, told by which role, and the evidence as it was then.

Promises: a line is durable when `add` returns and is never deleted; what is gathered twice is told once; a wrong path
is marked and kept, since it is a lesson; a line carries a role and never a name.
Never: needs PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from doorbuster.clock import new_id
from doorbuster.database.plan import Step
from doorbuster.database.queries import QueryFile
from doorbuster.journal import EventLog

SQL = QueryFile("doorbuster.incident", "timeline.sqlite.sql")

SOURCES = (
    "detected", "alert", "page", "lever", "release", "schema", "scaling", "restart", "drill", "journal", "note", "chat",
    "diagnosis", "status", "action", "update",
)  # fmt: skip
"""Where a line may come from."""
LINES_MAX = 1_000
TEXT_CHARACTERS_MAX = 2_000


class Curve(msgspec.Struct, frozen=True):
    """One signal around a line, frozen: (seconds since 1970, value), oldest first."""

    name: str
    points: tuple[tuple[int, float], ...]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a line rests on: curves, a query's name, plans in sentences and as trees, what was said, a link."""

    curves: tuple[Curve, ...] = ()
    query: str = ""
    plan: str = ""
    trees: Mapping[str, Step] = {}
    """Statement -> how PostgreSQL would run it."""

    said: tuple[str, ...] = ()
    not_because: tuple[str, ...] = ()
    link: str = ""
    undo: str = ""
    """What takes an action back, as `actions.py` reads it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line to be told. `key` is the same whenever the same thing is told again."""

    at: int
    source: str
    text: str
    role: str
    key: str = field(default_factory=lambda: str(new_id()))
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """A line as it stands; `wrong` says why it was a wrong path, if it was one."""

    id: int
    at: int
    source: str
    role: str
    text: str
    evidence: Evidence
    wrong: str


def add(log: EventLog, incident_id: int, told: Told) -> bool:
    """Tell a line; False when it was told before or the story is full. Raises EventLogUnavailable."""
    return log.execute(
        SQL.tell_line, incident_id=incident_id, key=told.key, at=told.at, source=told.source, role=told.role,
        text=told.text[:TEXT_CHARACTERS_MAX], evidence=msgspec.json.encode(told.evidence).decode(), most=LINES_MAX,
    ) == 1  # fmt: skip


def add_all(log: EventLog, incident_id: int, lines: Sequence[Told]) -> int:
    """Tell many lines at once, and return how many were new."""
    with log.transaction():
        return sum(add(log, incident_id, told) for told in lines)


def lines_of(log: EventLog, incident_id: int) -> list[TimelineLine]:
    """Return the story in order."""
    return [_line(row) for row in log.fetch(SQL.lines_of_incident, incident_id=incident_id, most=LINES_MAX)]


def line_of(log: EventLog, incident_id: int, line_id: int) -> TimelineLine | None:
    """Return one line of an incident, or None."""
    row = log.fetch_one(SQL.line_of_incident, incident_id=incident_id, id=line_id)
    return _line(row) if row else None


def mark_wrong(log: EventLog, incident_id: int, line_id: int, why: str) -> bool:
    """Say that a line was a wrong path, and why; an empty reason takes the mark away."""
    return log.execute(SQL.mark_line, incident_id=incident_id, id=line_id, why=why[:500]) == 1


def mark_diagnoses_wrong(log: EventLog, incident_id: int, why: str) -> None:
    """Mark the causes named so far as wrong paths, when there is a reason to."""
    if why:
        log.execute(SQL.mark_diagnoses, incident_id=incident_id, why=why)


def freeze(log: EventLog, line_id: int, evidence: Evidence) -> None:
    """Put evidence beside a line that has none."""
    log.execute(SQL.freeze_evidence, id=line_id, evidence=msgspec.json.encode(evidence).decode())


def _line(row: Any) -> TimelineLine:
    return TimelineLine(
        row["id"], row["at"], row["source"], row["role"], row["text"],
        msgspec.json.decode(row["evidence"], type=Evidence), row["wrong"],
    )  # fmt: skip
