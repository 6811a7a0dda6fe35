"""What a look at PostgreSQL shows: who is at work, with which named query, and what they wait for.

Promises: statements are known by their names in the source; no parameter and no more than 200 characters of a text.
Never: asks anything itself; `database_watch.py` does.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from doorbuster.database.queries import name_in

TEXT_CHARACTERS_MAX = 200
UNKNOWN = "unknown"
UNNAMED = "unnamed"
"""How a program is called that gives no name."""
_OURS = re.compile(r"(?:web|jobs)(?:-\d+)?(?:-queue)?|control|watch|audit|doorbuster[ -].*")
WAIT_CLASSES = ("cpu", "lock", "io", "lwlock", "other")
_FRAMES = {"BEGIN": "begin", "COMMIT": "commit", "ROLLBACK": "rollback"}
"""What the driver says around the statements of a transaction; a commit waits for the disk under this name."""
GROWS_A_FILE = "extend"
"""The lock of whoever makes a table's file longer: many who wait for it write much, and keep nobody from a row."""
_CLASS_OF_TYPE = {"": "cpu", "Lock": "lock", "IO": "io", "LWLock": "lwlock"}


@dataclass(frozen=True, slots=True)
class Session:
    """One client session that is not idle.

    `state` is PostgreSQL's; `wait_class` one of WAIT_CLASSES while it is active, else empty; the times are in seconds;
    `blocked_by` are the process numbers of those it waits for.
    """

    pid: int
    query_name: str
    state: str
    wait_class: str
    wait_event: str
    seconds: float
    transaction_seconds: float
    application: str
    blocked_by: tuple[int, ...] = ()
    text: str = ""

    @property
    def is_active(self) -> bool:
        """Say whether it runs a statement now."""
        return self.state == "active"


@dataclass(frozen=True, slots=True)
class Statement:
    """What the server counted for one statement over the last ten seconds, per second; from pg_stat_statements.

    `seconds` are the server's own, so unlike the shop's measure they hold no way there and back; `blocks` are the pages
    it touched. What is none of ours is one statement, UNKNOWN.
    """

    query_name: str
    calls: float
    seconds: float
    rows: float
    blocks: float


@dataclass(frozen=True, slots=True)
class Holder:
    """How many connections an application has in one state."""

    application: str
    state: str
    connections: int


@dataclass(frozen=True, slots=True)
class DatabaseSample:
    """One look: at `at` (seconds since 1970); `values` are the signals that begin with `db.`; `why` it is not up.

    `holders` are who has the connections, the most first; empty while more than half of them are free.
    """

    at: int
    up: bool
    answer_seconds: float = 0.0
    sessions: tuple[Session, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()
    holders: tuple[Holder, ...] = ()
    why: str = ""


def is_ours(application: str) -> bool:
    """Say whether a session of this name is one of the shop's own processes."""
    return _OURS.fullmatch(application) is not None


def end_session(session: Session) -> str:
    """Return the step of a runbook that ends a session, and no other program's that has its number by then."""
    return f"end session {session.pid} --of {quote(session.application or UNNAMED)}"


def session_of(row: Mapping[str, Any], blocked_by: Sequence[int] = (), name: str = "") -> Session:
    """Make a session of its row of `watch_sessions`; `name` is the query's when its text does not tell."""
    active = row["state"] == "active"
    waits_for = "IO" if row["wait_event"] == GROWS_A_FILE else row["wait_type"]
    text: str = row["text"] or ""
    found = name_in(text) or name or _FRAMES.get(text.rstrip("; ").upper(), "")
    return Session(
        pid=row["pid"],
        query_name=found,
        state=row["state"],
        wait_class=_CLASS_OF_TYPE.get(waits_for, "other") if active else "",
        wait_event=row["wait_event"],
        seconds=max(0.0, row["seconds"]),
        transaction_seconds=max(0.0, row["transaction_seconds"]),
        application=row["application"],
        blocked_by=tuple(blocked_by),
        # Our own statements carry placeholders; a stranger's text may hold values, so it is not kept.
        text=text[:TEXT_CHARACTERS_MAX] if found else "",
    )


def session_signals(sessions: Sequence[Session]) -> dict[str, float]:
    """Return the signals that the sessions give: how many are at work, by wait class and by query."""
    active = [session for session in sessions if session.is_active]
    classes = Counter(session.wait_class for session in active)
    values: dict[str, float] = {"db.active": len(active), **{f"db.{name}": classes[name] for name in WAIT_CLASSES}}
    for name, count in Counter(session.query_name or UNKNOWN for session in active).items():
        values[f"db.active:{name}"] = count
    for name, count in Counter(each.query_name or UNKNOWN for each in active if each.wait_class == "lock").items():
        values[f"db.lock:{name}"] = count
    values["db.blocked"] = classes["lock"]
    values["db.longest_lock_seconds"] = max((each.seconds for each in active if each.wait_class == "lock"), default=0.0)
    values["db.idle_in_transaction"] = sum(1 for each in sessions if each.state.startswith("idle in transaction"))
    values["db.oldest_transaction_seconds"] = max((each.transaction_seconds for each in sessions), default=0.0)
    return values
