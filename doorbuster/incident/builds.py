"""Indexes that somebody asked for in an incident: who builds which, how far it is, and what became of it.

Promises: an index is asked for once until that has ended; one is built at a time, in the order of asking; a builder
that has been silent for half a minute is gone, and the next one takes over; how far it is can be read without
PostgreSQL.
"""

from dataclasses import dataclass
from typing import Any

from doorbuster.database.queries import QueryFile
from doorbuster.journal import EventLog

SQL = QueryFile("doorbuster.incident", "builds.sqlite.sql")

WAITING_MAX = 10
SHOWN_MAX = 10
SILENT_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One index that was asked for; `done` of `total` are the blocks (or rows) of the phase that PostgreSQL is in."""

    id: int
    incident_id: int
    index_name: str
    role: str
    asked_at: int
    told_at: int | None
    began_at: int | None
    ended_at: int | None
    starts: int
    phase: str
    done: int
    total: int
    failed: str

    @property
    def share(self) -> float | None:
        """Return how much of its phase is done (0 to 1), or None while PostgreSQL counts nothing."""
        return min(1.0, self.done / self.total) if self.total else None

    @property
    def state(self) -> str:
        """Return "built", "not built", "being built" or "waiting"."""
        if self.ended_at is not None:
            return "not built" if self.failed else "built"
        return "being built" if self.began_at is not None and self.told_at is not None else "waiting"


def ask(log: EventLog, incident_id: int, index: str, *, role: str, at: int) -> Build | str:
    """Ask for an index; return it, or the sentence that says why not."""
    row = log.fetch_one(
        SQL.ask_for_build, incident_id=incident_id, index_name=index, role=role, at=at, most=WAITING_MAX
    )
    if row is None:
        return f"{index} is asked for already, or {WAITING_MAX} others wait; the incident's page shows how far it is"
    return _build(row)


def take(log: EventLog, now: int) -> Build | None:
    """Take the one whose turn it is, unless somebody builds it."""
    row = log.fetch_one(SQL.take_build, at=now, silent_since=now - SILENT_SECONDS_MAX)
    return _build(row) if row else None


def begin(log: EventLog, build_id: int, now: int) -> Build:
    """Say that PostgreSQL is about to build it."""
    row = log.fetch_one(SQL.begin_build, id=build_id, at=now)
    assert row is not None
    return _build(row)


def tell(log: EventLog, build_id: int, now: int, phase: str, counted: tuple[int, int] = (0, 0)) -> None:
    """Say how far it is (done of all), and that its builder is there."""
    log.execute(SQL.tell_of_build, id=build_id, at=now, phase=phase, done=counted[0], total=counted[1])


def release(log: EventLog, build_id: int, why: str) -> None:
    """Leave it to whoever takes it next, and say why."""
    log.execute(SQL.release_build, id=build_id, phase=why)


def end(log: EventLog, build_id: int, now: int, failed: str = "") -> Build:
    """Say that it is built, or why it is not."""
    row = log.fetch_one(SQL.end_build, id=build_id, at=now, failed=failed)
    assert row is not None
    return _build(row)


def of(log: EventLog, build_id: int) -> Build:
    """Return one that is known to be there."""
    row = log.fetch_one(SQL.build_by_id, id=build_id)
    assert row is not None
    return _build(row)


def of_incident(log: EventLog, incident_id: int) -> list[Build]:
    """Return those that were asked for in an incident, the newest first."""
    return [_build(row) for row in log.fetch(SQL.builds_of_incident, incident_id=incident_id, most=SHOWN_MAX)]


def _build(row: Any) -> Build:
    return Build(**dict(row))
