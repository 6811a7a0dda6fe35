"""The lines of the journal: appended once, read newest first."""

import getpass
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from doorbuster.clock import new_id
from doorbuster.database.queries import QueryFile
from doorbuster.journal.store import EventLog

SQL = QueryFile("doorbuster.journal", "lines.sqlite.sql")

LINES_MAX = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an operator's name, `cli:<user>` or the name of a process; and in which role."""

    name: str
    role: str

    def line(self, at: datetime, verb: str, subject: str, /, **detail: Any) -> "Line":
        """Return the line that says the actor does this; it is written by `append`."""
        return Line(at=at, actor=self.name, role=self.role, verb=verb, subject=subject, detail=detail)


def command_line_actor() -> Actor:
    """Return whoever sits at this machine's command line."""
    return Actor(f"cli:{getpass.getuser()}", "cli")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: at this time the actor did the verb (`sale.pause`) to the subject (`sale:opening-night`).

    `detail` holds the reason under `reason`, and what the verb was given.
    """

    at: datetime
    actor: str
    role: str
    verb: str
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


def append(log: EventLog, line: Line) -> Line:
    """Write a line; it is durable when this returns. Raises EventLogUnavailable when it cannot be written."""
    log.execute(
        SQL.append_line,
        id=str(line.id),
        at=line.at.isoformat(),
        actor=line.actor,
        role=line.role,
        verb=line.verb,
        subject=line.subject,
        detail=json.dumps(line.detail, ensure_ascii=False, default=str),
    )
    return line


def lines(
    log: EventLog,
    *,
    subject: str | None = None,
    actor: str | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Line]:
    """Return at most `limit` (200) lines, newest first, older than the line `before`."""
    rows = log.fetch(
        SQL.lines,
        subject=subject or None,
        actor=actor or None,
        before=str(before) if before else None,
        limit=min(limit, LINES_MAX),
    )
    return [line_of(row) for row in rows]


def line_of(row: Any) -> Line:
    """Make a line of its row."""
    return Line(
        id=UUID(row["id"]),
        at=datetime.fromisoformat(row["at"]),
        actor=row["actor"],
        role=row["role"],
        verb=row["verb"],
        subject=row["subject"],
        detail=json.loads(row["detail"]),
    )
