"""Levers: what operators change of the guard while the shop runs, each with reason, author, expiry and undo.

Promises: a lever is a line of the journal before it is in force; the newest one of a name counts, and when it expires
or is undone the one before it, or the shop's own setting, is in force again.
Never: needs PostgreSQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.guard.classes import CLASSES, RouteClass
from doorbuster.guard.policy import DEFAULTS, Limit, Policy
from doorbuster.journal import Actor, EventLog, Line, append

SQL = QueryFile("doorbuster.guard", "levers.sqlite.sql")
SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever as it was pulled: of this class, to this limit."""

    id: int
    at: datetime
    actor: str
    reason: str
    name: RouteClass
    limit: Limit
    expires_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None

    def in_force(self, now: datetime) -> bool:
        """Say whether it is neither undone nor expired."""
        return self.undone_at is None and (self.expires_at is None or self.expires_at > now)


def set_limit(
    log: EventLog, actor: Actor, name: RouteClass, limit: Limit, *, reason: str, now: datetime, lasts: timedelta | None
) -> int:
    """Set a class's limit, for a while or until it is undone; return the lever's number."""
    setting = msgspec.to_builtins(limit)
    detail = {"reason": reason, **setting, "until": now + lasts if lasts else None}
    with log.transaction():
        append(log, _line(now, actor, "limit.set", name, detail))
        row = log.fetch_one(
            SQL.pull_lever,
            at=now.isoformat(),
            actor=actor.name,
            reason=reason,
            name=name,
            setting=msgspec.json.encode(limit).decode(),
            expires_at=(now + lasts).isoformat() if lasts else None,
        )
    assert row is not None
    return int(row["id"])


def undo(log: EventLog, actor: Actor, lever_id: int, *, reason: str, now: datetime) -> bool:
    """Take a lever back; False when there is none in force of that number."""
    with log.transaction():
        done = log.execute(SQL.undo_lever, id=lever_id, now=now.isoformat(), actor=actor.name) == 1
        if done:
            append(log, _line(now, actor, "limit.undo", str(lever_id), {"reason": reason}))
    return done


def newest(log: EventLog) -> list[Lever]:
    """Return the last levers, the newest first."""
    return [_lever(row) for row in log.fetch(SQL.levers, most=SHOWN_MAX)]


def policy_at(log: EventLog, moment: datetime) -> tuple[Policy, dict[RouteClass, Lever]]:
    """Return the policy of a moment, and by class the lever that made its limit what it was."""
    levers = {lever.name: lever for lever in map(_lever, log.fetch(SQL.levers_at, moment=moment.isoformat()))}
    limits = {name: levers[name].limit if name in levers else DEFAULTS.limits[name] for name in CLASSES}
    return Policy(limits), levers


def _line(now: datetime, actor: Actor, verb: str, subject: str, detail: dict[str, Any]) -> Line:
    return Line(at=now, actor=actor.name, role=actor.role, verb=verb, subject=f"limit:{subject}", detail=detail)


def _lever(row: Any) -> Lever:
    return Lever(
        row["id"], datetime.fromisoformat(row["at"]), row["actor"], row["reason"], row["name"],
        msgspec.json.decode(row["setting"], type=Limit), _moment(row["expires_at"]), _moment(row["undone_at"]),
        row["undone_by"],
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
