"""The postmortem: parts that the house writes from the story, and what people wrote instead of a part.

Promises: the parts of the house can be written again at any time; a person's text stays until a person changes it, in
every version; roles stand where names of people at work are known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from doorbuster.accounts.operators import list_operators
from doorbuster.database.queries import QueryFile
from doorbuster.incident import incident, items, timeline, wording
from doorbuster.incident.evidence import Read, thinned
from doorbuster.incident.figures import Figures, counted
from doorbuster.incident.incident import Incident
from doorbuster.incident.timeline import Curve
from doorbuster.incident.writing import SECTIONS, Facts, generated, paragraph
from doorbuster.journal import EventLog
from doorbuster.on_call.people import everybody

SQL = QueryFile("doorbuster.incident", "postmortem.sqlite.sql")

BODY_CHARACTERS_MAX = 20_000
VERSIONS_MAX = 200
PLOTS = ("hurt.share", "http.requests", "http.p95", "db.active", "web.cpu_share")
KEPT = (
    *PLOTS, "http.errors", "http.slow", "http.refused", "orders.placed", "holds.made", "payments.failed", "sale.open",
    "sale.expected", "guard.shed", "pool.wait_seconds", "db.up", "db.lock", "db.answer_seconds", "db.connections",
    "db.connections_max", "web.workers", "web.lag", "host.cpu_share", "host.memory_share", "disk.free_share",
    "jobs.oldest_seconds",
)  # fmt: skip
"""The signals that are kept of an incident: those that are drawn, and what alerts are tried on (`alert_proof.py`)."""
PLOT_BEFORE_SECONDS, PLOT_AFTER_SECONDS = 600, 300


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a writing: the text of each part, the curves, and what was counted."""

    parts: dict[str, str]
    curves: tuple[Curve, ...] = ()
    figures: Figures = Figures()


@dataclass(frozen=True, slots=True)
class Section:
    """One part: its text as it is read, the house's own text, and which version a person's is (0: none)."""

    name: str
    title: str
    body: str
    generated: str
    version: int


@dataclass(frozen=True, slots=True)
class Document:
    """A whole postmortem."""

    incident: Incident
    sections: tuple[Section, ...]
    curves: tuple[Curve, ...]
    generated_at: int
    published_at: int | None

    @property
    def title(self) -> str:
        """Return what it is called by those who were not there."""
        return wording.title(self.incident)

    @property
    def summary(self) -> str:
        """Return the version of one paragraph, for who reads no more."""
        return paragraph(self.incident)


def write(log: EventLog, it: Incident, read: Read, now: int) -> None:
    """Write the house's parts, again if need be; what people wrote is not touched.

    Curves and figures are taken anew only while the series knows them.
    """
    since, until = it.began_at - PLOT_BEFORE_SECONDS, (it.resolved_at or now) + PLOT_AFTER_SECONDS
    curves = tuple(
        Curve(name, points) for name in KEPT if len(points := thinned(read(name, since, min(until, now)))) > 1
    )
    with log.transaction():
        it = incident.must(log, it.id)
        before = _kept(log, it.id) or Kept({})
        figures = counted(read, it.began_at, it.resolved_at or now) if curves else before.figures
        facts = Facts(it, timeline.lines_of(log, it.id), items.of_incident(log, it.id, now), now, figures)
        kept = Kept(generated(facts), curves or before.curves, figures)
        log.execute(SQL.keep_postmortem, incident_id=it.id, at=now, sections=msgspec.json.encode(kept).decode())


def written_at(log: EventLog, incident_id: int) -> int | None:
    """Return when the house wrote it last, or None."""
    row = log.fetch_one(SQL.postmortem_of, incident_id=incident_id)
    return int(row["generated_at"]) if row else None


def document(log: EventLog, it: Incident) -> Document | None:
    """Return the postmortem as it is read, or None while there is none."""
    row = log.fetch_one(SQL.postmortem_of, incident_id=it.id)
    if row is None:
        return None
    kept = msgspec.json.decode(row["sections"], type=Kept)
    edits = {each["section"]: each for each in log.fetch(SQL.newest_edits, incident_id=it.id)}
    names = _names(log, it.id)
    told = replace(it, title=blameless(it.title, names))
    return Document(
        told, tuple(_section(name, title, kept, edits, names) for name, title in SECTIONS.items()), kept.curves,
        row["generated_at"], row["published_at"],
    )  # fmt: skip


def edit(log: EventLog, incident_id: int, section: str, body: str | None, *, role: str, at: int, seen: int) -> bool:
    """Write a person's text in place of a part, or take it away (None), as the version after the one that was `seen`.

    False when somebody else was faster: nothing is overwritten unseen.
    """
    with log.transaction():
        row = log.fetch_one(SQL.newest_version, incident_id=incident_id, section=section)
        if row is None or int(row["version"] or 0) != seen:
            return False
        log.execute(
            SQL.add_edit, incident_id=incident_id, section=section, version=seen + 1, at=at, role=role,
            body=body[:BODY_CHARACTERS_MAX] if body is not None else None,
        )  # fmt: skip
    return True


def versions(log: EventLog, incident_id: int, section: str) -> Sequence[Mapping[str, object]]:
    """Return every text that a person wrote of a part, the newest first."""
    rows = log.fetch(SQL.edits_of_section, incident_id=incident_id, section=section, most=VERSIONS_MAX)
    return [dict(row) for row in rows]


def publish(log: EventLog, incident_id: int, at: int) -> bool:
    """Put it on the company's page; False when it is not written or is there already."""
    return log.execute(SQL.publish_postmortem, incident_id=incident_id, at=at) == 1


def published(log: EventLog, words: str = "") -> list[Document]:
    """Return what is on the company's page, the newest first; with words, those that have all of them."""
    rows = log.fetch(SQL.published_incidents, most=incident.LISTED_MAX)
    found = [document(log, incident.of_row(row)) for row in rows]
    wanted = words.casefold().split()
    return [each for each in found if each and all(word in _text(each) for word in wanted)]


def markdown(doc: Document) -> str:
    """Return the whole as Markdown, in the company's form."""
    parts = "\n".join(f"## {section.title}\n\n{section.body.strip()}\n" for section in doc.sections if section.body)
    return f"# Incident {doc.incident.id}: {doc.title}\n\n{parts}"


def blameless(text: str, names: Mapping[str, str]) -> str:
    """Put the role in the place of each name."""
    for name, role in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f"the {role}", text)
    return text


def _names(log: EventLog, incident_id: int) -> dict[str, str]:
    """Return the names of people at work, whole and as colleagues call them, with the role that stands for each."""
    known: dict[str, str] = {person.name: "on-call" for person in everybody(log).values()}
    known |= {each.name: each.role for each in list_operators(log)}
    known |= {name: role for role, name in incident.roles_of(log, incident_id).items()}
    first = {name.split()[0]: role for name, role in known.items() if " " in name.strip()}
    # Somebody who is called like a role, "operator", is not named by the word.
    return {name: role for name, role in (first | known).items() if len(name) > 2 and name not in known.values()}


def _section(name: str, title: str, kept: Kept, edits: Mapping[str, object], names: Mapping[str, str]) -> Section:
    made, row = kept.parts.get(name, ""), edits.get(name)
    body, version = (row["body"], row["version"]) if row is not None else (None, 0)  # type: ignore[index]  # a row
    return Section(name, title, blameless(made if body is None else body, names), made, version)


def _kept(log: EventLog, incident_id: int) -> Kept | None:
    row = log.fetch_one(SQL.postmortem_of, incident_id=incident_id)
    return msgspec.json.decode(row["sections"], type=Kept) if row else None


def _text(doc: Document) -> str:
    return markdown(doc).casefold()
