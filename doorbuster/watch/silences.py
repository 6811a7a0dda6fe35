"""Silences: what operators do not want to be told of for a while, each with reason, author and an end.

Promises: a silence is a line of the journal before it is in force, always ends by itself, and names a rule or a team; a
silenced alert is still judged, shown and kept.
Never: needs PostgreSQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from doorbuster.database.queries import QueryFile
from doorbuster.journal import Actor, EventLog, append

SQL = QueryFile("doorbuster.watch", "alerts.sqlite.sql")

LASTS_MAX = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Silence:
    """What is silent; an empty rule, subject or team stands for any."""

    id: int
    at: datetime
    actor: str
    reason: str
    rule: str
    subject: str
    team: str
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    def in_force(self, now: datetime) -> bool:
        """Say whether it is neither ended nor expired."""
        return self.ended_at is None and self.expires_at > now

    def covers(self, rule: str, subject: str, team: str) -> bool:
        """Say whether an alert is one of those that it is about."""
        return self.rule in ("", rule) and self.subject in ("", subject) and self.team in ("", team)

    @property
    def about(self) -> str:
        """Return what it is about, in words."""
        named = f"{self.rule or 'every alert'}{f' of {self.subject}' if self.subject else ''}"
        return f"{named}{f' of the team {self.team}' if self.team else ''}"


def silence(
    log: EventLog,
    actor: Actor,
    *,
    rule: str = "",
    subject: str = "",
    team: str = "",
    reason: str,
    now: datetime,
    lasts: timedelta,
) -> int:
    """Be silent about a rule, one of its subjects, or a team for at most a week; return the silence's number."""
    assert rule or team
    assert timedelta(0) < lasts <= LASTS_MAX
    until, about = now + lasts, f"alert:{rule or team}"
    detail = {"reason": reason, "subject": subject, "team": team, "until": until}
    with log.transaction():
        append(log, actor.line(now, "alert.silence", about, **detail))
        row = log.fetch_one(
            SQL.silence, at=now.isoformat(), actor=actor.name, reason=reason, rule=rule, subject=subject, team=team,
            expires_at=until.isoformat(),
        )  # fmt: skip
    assert row is not None
    return int(row["id"])


def end(log: EventLog, actor: Actor, silence_id: int, *, reason: str, now: datetime) -> bool:
    """End a silence before its time; False when there is none in force of that number."""
    with log.transaction():
        done = log.execute(SQL.end_silence, id=silence_id, now=now.isoformat(), actor=actor.name) == 1
        if done:
            append(log, actor.line(now, "alert.unsilence", f"silence:{silence_id}", reason=reason))
    return done


def in_force(log: EventLog, now: datetime) -> list[Silence]:
    """Return what is silent just now."""
    return [_silence(row) for row in log.fetch(SQL.silences_in_force, now=now.isoformat())]


def newest(log: EventLog) -> list[Silence]:
    """Return the last silences, the newest first."""
    return [_silence(row) for row in log.fetch(SQL.silences)]


def _silence(row: Any) -> Silence:
    ended_at = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None
    return Silence(
        row["id"], datetime.fromisoformat(row["at"]), row["actor"], row["reason"], row["rule"], row["subject"],
        row["team"], datetime.fromisoformat(row["expires_at"]), ended_at, row["ended_by"],
    )  # fmt: skip
