"""What shoppers are told: a page that anybody may read and keep, and the same page as a file in the home folder.

Promises: it works without PostgreSQL and without log-in; the file is replaced in one step, so that a reader never sees
half of it; nothing in it names a person, a query or a cause that nobody released.
Never: says that all is well while an incident that hurts is open.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from doorbuster.database.queries import QueryFile
from doorbuster.incident import incident as incidents
from doorbuster.incident import timeline
from doorbuster.incident.incident import Incident
from doorbuster.incident.timeline import Told
from doorbuster.journal import Actor, EventLog, Line, append
from doorbuster.web.pages import Pages, moment_of

SQL = QueryFile("doorbuster.incident", "status.sqlite.sql")

FILE = "status.html"
PUBLIC_SECONDS = 10
UPDATES_MAX = 50
STATES = {
    "investigating": "We are looking into it",
    "identified": "We know what it is",
    "monitoring": "It is better; we are watching",
    "resolved": "It is over",
}


class Update(msgspec.Struct, frozen=True):
    """One thing that shoppers were told."""

    id: int
    incident_id: int | None
    at: int
    state: str
    text: str


def publish(log: EventLog, incident_id: int, state: str, text: str, *, actor: Actor, at: int) -> None:
    """Tell shoppers something; it is a line of the timeline and of the journal as well."""
    with log.transaction():
        append(log, Line(
            at=moment_of(at), actor=actor.name, role=actor.role, verb="incident.update", detail={"reason": text},
            subject=f"incident:{incident_id}",
        ))  # fmt: skip
        log.execute(SQL.publish_update, incident_id=incident_id, at=at, state=state, text=text)
        timeline.add(log, incident_id, Told(at, "update", f"Shoppers are told: {text}", actor.role))


def updates(log: EventLog) -> list[Update]:
    """Return what was told last, the newest first."""
    return [Update(**dict(row)) for row in log.fetch(SQL.newest_updates, most=UPDATES_MAX)]


def headline(open_ones: Sequence[Incident]) -> tuple[str, str]:
    """Return what kind of state the shop is in (`good`, `warn`, `bad`) and its sentence."""
    worst = min((each.severity for each in open_ones if each.state != "mitigated"), default=None)
    if worst is None:
        easing = any(each.state == "mitigated" and each.severity < 4 for each in open_ones)
        return ("warn", "It is better; we are still watching") if easing else ("good", "The shop is open and well")
    if worst == 4:
        return "good", "The shop is open and well"
    return ("bad", "The shop has trouble") if worst <= 2 else ("warn", "Some pages are slow or fail")


def render(log: EventLog, pages: Pages, shop_url: str, now: int) -> str:
    """Return the page."""
    open_ones = incidents.open_ones(log)
    kind, sentence = headline(open_ones)
    return pages.render(
        "incident/status.html", kind=kind, sentence=sentence, updates=updates(log), states=STATES, moment=moment_of,
        now=moment_of(now), shop_url=shop_url,
    )  # fmt: skip


def write_file(home: Path, page: str) -> None:
    """Put the page into the home folder, in one step."""
    temporary = home / f".{FILE}.new"
    temporary.write_text(page, encoding="utf-8")
    temporary.replace(home / FILE)
