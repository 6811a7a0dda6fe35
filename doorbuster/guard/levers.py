"""Levers: what operators change of the guard while the shop runs, each with reason, author, expiry and undo.

Promises: a lever is a line of the journal before it is in force; the newest one of a name counts, and when it expires
or is undone the one before it, or the shop's own setting, is in force again.
Never: needs PostgreSQL.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.guard.classes import CLASSES, RouteClass
from doorbuster.guard.lanes import LANES
from doorbuster.guard.policy import (
    DEFAULTS,
    BrownOutSetting,
    GateSetting,
    LaneSetting,
    Limit,
    Policy,
    Setting,
    WorkSetting,
)
from doorbuster.journal import Actor, EventLog, Line, append

SQL = QueryFile("doorbuster.guard", "levers.sqlite.sql")
SHOWN_MAX = 100
LANE = "lane:"


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever as it was pulled. `name` is a class of requests, `lane:…`, `gate`, `brownout` or `work`."""

    id: int
    at: datetime
    actor: str
    reason: str
    name: str
    setting: Setting
    expires_at: datetime | None
    undone_at: datetime | None
    undone_by: str | None

    def in_force(self, now: datetime) -> bool:
        """Say whether it is neither undone nor expired."""
        return self.undone_at is None and (self.expires_at is None or self.expires_at > now)


def pull(
    log: EventLog, actor: Actor, name: str, setting: Setting, *, reason: str, now: datetime, lasts: timedelta | None
) -> int:
    """Pull a lever, for a while or until it is undone; return its number."""
    detail = {"reason": reason, **msgspec.to_builtins(setting), "until": now + lasts if lasts else None}
    with log.transaction():
        append(log, _line(now, actor, "set", name, detail))
        row = log.fetch_one(
            SQL.pull_lever,
            at=now.isoformat(),
            actor=actor.name,
            reason=reason,
            name=name,
            setting=msgspec.json.encode(setting).decode(),
            expires_at=(now + lasts).isoformat() if lasts else None,
        )
    assert row is not None
    return int(row["id"])


def undo(log: EventLog, actor: Actor, lever_id: int, *, reason: str, now: datetime) -> bool:
    """Take a lever back; False when there is none in force of that number."""
    with log.transaction():
        done = log.execute(SQL.undo_lever, id=lever_id, now=now.isoformat(), actor=actor.name) == 1
        if done:
            append(log, Line(
                at=now, actor=actor.name, role=actor.role, verb="lever.undo", subject=f"lever:{lever_id}",
                detail={"reason": reason},
            ))  # fmt: skip
    return done


def newest(log: EventLog) -> list[Lever]:
    """Return the last levers, the newest first."""
    return [_lever(row) for row in log.fetch(SQL.levers, most=SHOWN_MAX)]


def policy_at(log: EventLog, moment: datetime) -> tuple[Policy, dict[str, Lever]]:
    """Return the policy of a moment, and by name the levers that made it what it was."""
    levers = {lever.name: lever for lever in map(_lever, log.fetch(SQL.levers_at, moment=moment.isoformat()))}
    limits, gate, closed, brownout, work = dict(DEFAULTS.limits), DEFAULTS.gate, [], DEFAULTS.brownout, DEFAULTS.work
    for name, lever in levers.items():
        match lever.setting:
            case Limit() as limit:
                limits[_class(name)] = limit
            case LaneSetting(closed=True):
                closed.append(name.removeprefix(LANE))
            case GateSetting(on):
                gate = on
            case BrownOutSetting(step):
                brownout = step
            case WorkSetting(on):
                work = on
    return Policy(limits, gate, tuple(closed), brownout, work), levers


def kind_of(name: str) -> type[Setting]:
    """Return what kind of setting a lever of this name has; KeyError when there is no such lever."""
    return _KINDS[name]


_KINDS: dict[str, type[Setting]] = {
    **dict.fromkeys(CLASSES, Limit),
    **{LANE + lane.name: LaneSetting for lane in LANES},
    "gate": GateSetting,
    "brownout": BrownOutSetting,
    "work": WorkSetting,
}


def _class(name: str) -> RouteClass:
    return CLASSES[CLASSES.index(cast(RouteClass, name))]


def _line(now: datetime, actor: Actor, verb: str, name: str, detail: dict[str, Any]) -> Line:
    noun, _, rest = name.partition(":") if ":" in name or name not in CLASSES else ("limit", "", name)
    subject = f"{noun}:{rest}" if rest else noun
    return Line(at=now, actor=actor.name, role=actor.role, verb=f"{noun}.{verb}", subject=subject, detail=detail)


def _lever(row: Any) -> Lever:
    return Lever(
        row["id"], datetime.fromisoformat(row["at"]), row["actor"], row["reason"], row["name"],
        msgspec.json.decode(row["setting"], type=kind_of(row["name"])), _moment(row["expires_at"]),
        _moment(row["undone_at"]), row["undone_by"],
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
