"""Frozen evidence: what was said, and the numbers, sessions, plans and changes it rested on, as they were then.

Promises: a record is a few tens of kilobytes; at most `KEPT` are kept; it is read back as it was written.
Never: needs PostgreSQL.
"""

import zlib
from collections.abc import Mapping

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.journal import EventLog
from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import Session
from doorbuster.watch.diagnosis.causes import Diagnosis
from doorbuster.watch.diagnosis.comparison import compare
from doorbuster.watch.diagnosis.doctor import Evidence
from doorbuster.watch.diagnosis.examination import Examination

SQL = QueryFile("doorbuster.watch.diagnosis", "records.sqlite.sql")
KEPT = 300
SIGNALS_MAX = 60
SESSIONS_MAX = 60
LISTED_MAX = 100
DIGITS = 5


class Record(msgspec.Struct, frozen=True):
    """One frozen instant. `signals` holds the most surprising ones second by second since `begins`; None is unknown."""

    diagnosis: Diagnosis
    begins: int
    signals: Mapping[str, tuple[float | None, ...]]
    sessions: tuple[Session, ...]
    examined: Examination
    changes: tuple[Change, ...]


class Listed(msgspec.Struct, frozen=True):
    """One record in a list; times in seconds since 1970."""

    id: int
    onset: int
    at: int
    cause: str | None
    headline: str


def keep(log: EventLog, evidence: Evidence) -> int:
    """Write the evidence down, forget the oldest, and return the record's number."""
    said = evidence.diagnosis
    document = zlib.compress(msgspec.json.encode(record_of(evidence)))
    with log.transaction():
        row = log.fetch_one(
            SQL.keep_diagnosis,
            onset=said.onset,
            at=said.at,
            cause=said.cause,
            headline=said.headline,
            document=document,
        )
        log.execute(SQL.forget_old_diagnoses, kept=KEPT)
    assert row is not None
    return int(row["id"])


def newest(log: EventLog) -> list[Listed]:
    """Return the last records, the newest first."""
    return [Listed(**dict(row)) for row in log.fetch(SQL.newest_diagnoses, most=LISTED_MAX)]


def between(log: EventLog, since: int, until: int) -> list[Listed]:
    """Return what was said of episodes that began between two instants, in order."""
    return [Listed(**dict(row)) for row in log.fetch(SQL.diagnoses_between, since=since, until=until)]


def read(log: EventLog, record_id: int) -> Record | None:
    """Return one record, or None when there is none of that number (any more)."""
    row = log.fetch_one(SQL.diagnosis_by_id, id=record_id)
    return msgspec.json.decode(zlib.decompress(row["document"]), type=Record) if row else None


def record_of(evidence: Evidence) -> Record:
    """Return what is kept of the evidence: the most surprising signals, and the sessions that do something."""
    said, ticks = evidence.diagnosis, evidence.ticks
    compared = compare(ticks, said.onset, said.at)
    names = sorted(compared.names, key=lambda name: (-compared.surprise(name), name))[:SIGNALS_MAX]
    busy = [session for session in evidence.sessions if session.state != "idle" or session.blocked_by]
    return Record(
        diagnosis=said,
        begins=ticks[0].at if ticks else said.onset,
        signals={name: tuple(_rounded(tick.values.get(name)) for tick in ticks) for name in names},
        sessions=tuple(busy[:SESSIONS_MAX]),
        examined=evidence.examined,
        changes=evidence.changes,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")
