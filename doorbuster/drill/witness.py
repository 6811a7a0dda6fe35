"""What is noted beside the crowd: faults as they happen, what the shop says of them, what PostgreSQL waits for.

Promises: a look that fails leaves a gap; a shop without a diagnosis is told apart from one whose diagnosis is silent.
"""

import asyncio
from contextlib import suppress
from typing import Any

import msgspec

from doorbuster.database import Database, QueryFile
from doorbuster.drill.client import Broken, get
from doorbuster.errors import DatabaseFault

SQL = QueryFile("doorbuster.drill", "stock.sql")
LOOK_SECONDS = 0.5
ASK_SECONDS = 1.0


class Mark(msgspec.Struct, frozen=True):
    """A moment on the time line, in seconds since the crowd's start: a fault, an alert, a diagnosis or a lever."""

    at: float
    kind: str
    words: str
    cause: str = ""
    """Of a fault: its true cause. Of a diagnosis: the cause it names."""

    ended: float | None = None
    """Of a fault: when it was mended."""

    pages: bool = False
    """Of an alert: whether it calls somebody."""


class Waits(msgspec.Struct, frozen=True):
    """How many of PostgreSQL's sessions were active at a moment, by what they waited for (`cpu`: for nothing)."""

    at: float
    by_class: dict[str, int]


class Told(msgspec.Struct, frozen=True):
    """What the shop's own incident says; times are seconds since the crowd's start, None where it does not know."""

    id: int
    cause: str
    began: float | None
    detected: float
    quiet: float | None
    visitors_seen: int | None
    visitors_hurt: int | None


class Witness(msgspec.Struct):
    """Everything noted; the lists grow while the drill runs."""

    marks: list[Mark] = []
    waits: list[Waits] = []
    diagnosed: bool = False
    """Whether the shop has a diagnosis at all."""

    alerting: bool = False
    incident: Told | None = None
    """The first incident that the shop opened while the drill ran."""

    def of(self, kind: str) -> list[Mark]:
        """Return the marks of a kind, in order."""
        return [mark for mark in self.marks if mark.kind == kind]


async def watch_waits(database: Database, zero: float, witness: Witness) -> None:
    """Note the sessions by wait class twice a second, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        with suppress(DatabaseFault):
            rows = await database.fetch(SQL.drill_waits)
            witness.waits.append(Waits(loop.time() - zero, {row["class"]: row["sessions"] for row in rows}))
        await asyncio.sleep(LOOK_SECONDS)


async def listen(control_url: str, zero: float, witness: Witness) -> None:
    """Ask the control plane each second for its diagnosis and its alerts, until cancelled."""
    loop = asyncio.get_running_loop()
    cause, firing = "", dict[str, bool]()
    while True:
        if isinstance(found := await _told(f"{control_url}/api/v1/diagnosis"), dict):
            witness.diagnosed = True
            said = found.get("now") or {}
            named = str(said.get("cause") or "")
            if named and named != cause:
                witness.marks.append(Mark(loop.time() - zero, "diagnosis", str(said.get("headline", named)), named))
            cause = named
        alerts = await _told(f"{control_url}/api/v1/alerts")
        if alerts is not None:
            witness.alerting = True
            now = _rules_firing(alerts)
            at = loop.time() - zero
            witness.marks += [Mark(at, "alert", rule, pages=now[rule]) for rule in sorted(now.keys() - firing.keys())]
            firing = now
        await asyncio.sleep(ASK_SECONDS)


async def read_incident(control_url: str, zero_at: float) -> Told | None:
    """Return the first incident since the crowd's start (`zero_at`, seconds since 1970), or None."""
    found = await _told(f"{control_url}/api/v1/incidents")
    listed = found.get("incidents", []) if isinstance(found, dict) else []
    since = [each for each in listed if each["detected_at"] >= zero_at]
    if not since:
        return None
    first = min(since, key=lambda each: int(each["detected_at"]))

    def seconds(name: str) -> float | None:
        return None if first[name] is None else first[name] - zero_at

    return Told(
        first["id"], first["cause"], seconds("impact_at"), first["detected_at"] - zero_at, seconds("quiet_since"),
        first["visitors_seen"], first["visitors_hurt"],
    )  # fmt: skip


async def _told(url: str) -> Any:
    """Return the JSON document at a URL, or None where there is none."""
    with suppress(Broken, msgspec.DecodeError):
        reply = await get(url, 2.0)
        if reply.status == 200:
            return msgspec.json.decode(reply.body)
    return None


def _rules_firing(document: Any) -> dict[str, bool]:
    """Return the rules that fire, and of each whether it calls somebody."""
    alerts = document.get("alerts", []) if isinstance(document, dict) else document
    found = [each for each in alerts if isinstance(each, dict) and each.get("state", "firing") == "firing"]
    return {str(each["rule"]): each.get("severity") == "page" for each in found if each.get("rule")}
