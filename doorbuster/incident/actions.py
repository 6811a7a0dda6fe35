"""Does the steps of a runbook, after a person confirmed them: each is told in the timeline, with what takes it back.

Promises: the journal has an action before it is done; a query is cancelled only if its session still runs the very
statement that was shown, a session ended only if it still is the program's that was shown, and that also while no
connection is free; an index is built in the background, and only as a reviewed migration defines it; the database is
restarted in order, and only the one that this house keeps.
Never: acts on its own.
"""

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from doorbuster.control.words import span
from doorbuster.database import Database, open_database
from doorbuster.database.indexes import defined_indexes
from doorbuster.database.queries import QueryFile
from doorbuster.errors import DatabaseFault, DoorbusterError
from doorbuster.guard import levers
from doorbuster.guard.policy import BrownOutSetting, GateSetting, LaneSetting, Setting, mistakes_of
from doorbuster.incident import builds, timeline
from doorbuster.incident.building import SQL as BUILDING
from doorbuster.incident.gathering import runbook_reason
from doorbuster.incident.runbook import BLOCKER, Action
from doorbuster.incident.timeline import Evidence, Told
from doorbuster.journal import Actor, EventLog, Line, append
from doorbuster.watch.database_health import UNNAMED, DatabaseSample, Session, is_ours
from doorbuster.watch.diagnosis.at_the_database import head_of_chain

SQL = QueryFile("doorbuster.incident", "actions.catalog.sql")
CANCELLED_MAX = 20
END_TIMEOUT_MS = 2_000
ALL_THAT_IDLE = 0
"""Instead of a process's number: every session of the program that runs nothing just now."""
ASKED_FOR = "it is built in the background"


class NotDone(DoorbusterError):
    """A step could not be done; the message says why, and what to do instead. It is told in the timeline as well."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What actions reach: the event log, the database, its address, the home folder, the sessions of the last look.

    `reserve_url` is the database's address by a role that may use the connections in reserve, where there is one;
    `sessions` raises NotDone when the database could not be asked.
    """

    log: EventLog
    database: Database
    database_url: str
    reserve_url: str
    home: Path
    sessions: Callable[[], tuple[Session, ...]]


async def do(hands: Hands, incident_id: int, action: Action, actor: Actor, now: datetime) -> str:
    """Do a step and return what came of it, as a sentence; raise NotDone."""
    subject = f"incident:{incident_id}"
    begun = Line(
        at=now, actor=actor.name, role=actor.role, verb=f"incident.action.{action.kind}", subject=subject,
        detail={"reason": runbook_reason(incident_id), "action": action.line},
    )  # fmt: skip
    await asyncio.to_thread(append, hands.log, begun)
    done, undo = "not done: an unexpected fault; see the log", ""
    try:
        done, undo = await _DOERS[action.kind](hands, incident_id, action, actor, now)
    except (NotDone, DatabaseFault, TimeoutError) as fault:
        done = f"not done: {fault}"
        raise NotDone(str(fault) or "it took too long") from fault
    finally:
        told = Told(int(now.timestamp()), "action", f"{action.line}: {done}", actor.role, evidence=Evidence(undo=undo))
        if done != ASKED_FOR:
            await asyncio.to_thread(timeline.add, hands.log, incident_id, told)
    return done


async def undo(hands: Hands, incident_id: int, line_id: int, actor: Actor, now: datetime) -> bool:
    """Take back what a line of the timeline says was done; False when it cannot be, or was already."""

    def back() -> bool:
        line = timeline.line_of(hands.log, incident_id, line_id)
        if line is None or not line.evidence.undo.startswith("lever:"):
            return False
        number = int(line.evidence.undo.removeprefix("lever:"))
        if not levers.undo(hands.log, actor, number, reason=f"incident {incident_id}", now=now):
            return False
        told = Told(int(now.timestamp()), "action", f"Taken back: {line.text}", actor.role, f"undone/{line_id}")
        return timeline.add(hands.log, incident_id, told)

    return await asyncio.to_thread(back)


async def _lever(hands: Hands, incident_id: int, action: Action, actor: Actor, now: datetime) -> tuple[str, str]:
    def pull() -> int:
        name, setting = _setting(hands.log, action, now)
        reason = runbook_reason(incident_id)
        return levers.pull(hands.log, actor, name, setting, reason=reason, now=now, lasts=action.lasts)

    number = await asyncio.to_thread(pull)
    return f"pulled for {span(action.lasts.total_seconds())}, as lever {number}", f"lever:{number}"


def _setting(log: EventLog, action: Action, now: datetime) -> tuple[str, Setting]:
    match action.kind:
        case "brownout":
            return "brownout", BrownOutSetting(int(action.what))
        case "gate":
            return "gate", GateSetting(action.what == "on")
        case "lane":
            return levers.LANE + action.what, LaneSetting()
    limits = levers.policy_at(log, now)[0].limits
    limit = next(limit for name, limit in limits.items() if name == action.what)
    whole = {name: int(value) if name.endswith("burst") else value for name, value in action.options.items()}
    changed = msgspec.structs.replace(limit, **whole)
    for field, what in mistakes_of(changed).items():
        raise NotDone(f"{field} {what}")
    return action.what, changed


async def _cancel(hands: Hands, _: int, action: Action, __: Actor, ___: datetime) -> tuple[str, str]:
    running = [each for each in hands.sessions() if each.query_name == action.what and each.state == "active"]
    cancelled = 0
    for session in sorted(running, key=lambda each: -each.seconds)[:CANCELLED_MAX]:
        row = await hands.database.fetch_one(SQL.cancel_statement, pid=session.pid, text=session.text)
        cancelled += bool(row and row["cancelled"])
    return f"{cancelled} of {len(running)} sessions cancelled", ""


async def _end(hands: Hands, _: int, action: Action, __: Actor, ___: datetime) -> tuple[str, str]:
    session = session_of(action, hands.sessions())
    if session is None:
        raise NotDone("nobody stands in the way" if action.what == BLOCKER else f"there is no session {action.what}")
    whose = session.application or UNNAMED
    if action.what == BLOCKER and is_ours(whose):
        raise NotDone(
            f"{whose} itself stands in the way, process {session.pid}: renew the workers, or end it by its number"
        )
    if action.of not in ("", whose):
        raise NotDone(f"process {session.pid} is {whose}'s by now, and not {action.of}'s")
    await _ended(hands, session.pid, whose)
    return f"the session {session.pid} of {whose} is ended; what it had not committed is undone", ""


async def _end_idle(hands: Hands, _: int, action: Action, __: Actor, ___: datetime) -> tuple[str, str]:
    if is_ours(action.what):
        raise NotDone(f"{action.what} is the shop's own; its sessions come back at once, so renew the workers instead")
    found, ended = await _ended(hands, ALL_THAT_IDLE, action.what)
    return f"{ended} of {found} idle sessions ended", ""


async def _ended(hands: Hands, pid: int, application: str) -> tuple[int, int]:
    """End sessions over a connection in reserve; return how many there were and how many ended. Raises NotDone."""
    async with open_database(
        hands.reserve_url, connections=1, connections_min=0, application="control",
        statement_timeout_ms=END_TIMEOUT_MS, acquire_seconds=END_TIMEOUT_MS / 1000,
    ) as reserve:  # fmt: skip
        row = await reserve.fetch_one(SQL.end_sessions, pid=pid, application=application)
    if row is None or not row["found"]:
        raise NotDone(f"no session of {application} is idle" if pid == ALL_THAT_IDLE else f"{pid} is gone already")
    if not row["ended"]:
        raise NotDone(f"{application} is there as another role, whose sessions only a superuser may end")
    return row["found"], row["ended"]


def session_of(action: Action, sessions: tuple[Session, ...]) -> Session | None:
    """Return the session that a step `end session …` means, or None when there is none such."""
    if action.what == BLOCKER:
        return head_of_chain(sessions)
    return next((each for each in sessions if str(each.pid) == action.what), None)


def sessions_of(sample: DatabaseSample | None) -> tuple[Session, ...]:
    """Return who was at the database at the last look; raise NotDone when it could not be asked."""
    if sample is None or not sample.up:
        raise NotDone(f"PostgreSQL cannot be asked who is there: {sample.why if sample else 'nobody has looked yet'}")
    return sample.sessions


async def _renew(hands: Hands, _: int, __: Action, ___: Actor, ____: datetime) -> tuple[str, str]:
    os.kill(_supervisor(hands.home), signal.SIGHUP)
    return "workers are being renewed one after the other, nobody is turned away", ""


async def _restart(hands: Hands, _: int, __: Action, ___: Actor, ____: datetime) -> tuple[str, str]:
    _supervisor(hands.home)
    for file in hands.home.glob("postgres*/**/postmaster.pid"):
        # SIGINT is PostgreSQL's fast shutdown: open transactions are rolled back, the rest is written; the supervisor
        # starts it again at once.
        os.kill(int(file.read_text().splitlines()[0]), signal.SIGINT)
        return "the database closes in order and is started again", ""
    raise NotDone("the database is not kept by this house; restart it where it runs")


async def _build(hands: Hands, incident_id: int, action: Action, actor: Actor, now: datetime) -> tuple[str, str]:
    """Ask for an index; it is built in the background (`building.py`), which tells the timeline itself."""
    if action.what not in defined_indexes():
        raise NotDone(f"no migration defines an index {action.what}")
    # A database that has no time or no connection for the question is one that needs the index; the builder asks again.
    with suppress(DatabaseFault):
        row = await hands.database.fetch_one(BUILDING.index_is_valid, name=action.what)
        if row is not None and row["valid"]:
            raise NotDone(f"the index {action.what} is there already")
    at = int(now.timestamp())
    asked = await asyncio.to_thread(builds.ask, hands.log, incident_id, action.what, role=actor.role, at=at)
    if isinstance(asked, str):
        raise NotDone(asked)
    return ASKED_FOR, ""


def _supervisor(home: Path) -> int:
    """Return the process that keeps this home, which holds its lock; raise NotDone when nobody does."""
    try:
        with (home / "lock").open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(json.load(file)["pid"])
    except (OSError, ValueError, KeyError) as fault:
        raise NotDone("it is not known who keeps this shop's processes") from fault
    raise NotDone("no `doorbuster up` keeps this shop's processes; renew them where they are started")


_DOERS = {
    "brownout": _lever, "lane": _lever, "limit": _lever, "gate": _lever, "cancel": _cancel, "renew": _renew,
    "restart": _restart, "index": _build, "end": _end, "end_idle": _end_idle,
}  # fmt: skip
