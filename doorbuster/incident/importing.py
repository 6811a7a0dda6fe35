"""Reads postmortems that people wrote in Markdown, in the company's form or near it, into incidents.

Promises: what can be read is; every line that could not be is reported with its number; the text of each part is kept
as it was written; the same file is imported once.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from doorbuster.incident import incident, items, postmortem, timeline
from doorbuster.incident.incident import Diagnosed, Incident
from doorbuster.incident.items import Kind
from doorbuster.incident.timeline import Told
from doorbuster.journal import Actor, EventLog
from doorbuster.watch.diagnosis import CAUSES

BYTES_MAX = 1_000_000
TITLES = {
    "introduction": ("introduction", "foreword"),
    "summary": ("issue summary", "summary", "incident summary", "executive summary"),
    "timeline": ("timeline", "chronology"),
    "cause": ("root cause and resolution", "root cause", "resolution", "root cause analysis"),
    "measures": (
        "corrective and preventative measures",
        "corrective and preventive measures",
        "measures",
        "prevention",
    ),
    "items": ("action items", "actions", "follow-ups", "tasks", "to do"),
    "detection": ("trigger and detection", "detection"),
    "lessons": ("lessons", "lessons learned", "lessons learnt", "what went well"),
    "wrong": ("wrong hypotheses", "misleading paths", "wrong paths"),
}
"""Part of a postmortem -> the headings that people give it."""
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip

_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$|^\*\*([^*]{3,80})\*\*:?$")
_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)|(\d{1,2})(?:st|nd|rd|th)? ([A-Z][a-z]+),? (\d{4})"
    r"|([A-Z][a-z]+) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"
)
_CLOCK = re.compile(r"(?<![\d:.])([01]?\d|2[0-3])[:.]([0-5]\d)(?::([0-5]\d))?\s*([ap]m)?\b", re.IGNORECASE)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|percent|per cent)")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+(?:\[(?P<tick>[ xX])\]\s*)?(?P<text>.+)$")
_PROOF = re.compile(r"\(?\bproof: *`?((?:drill|review|alert):[A-Za-z0-9_.-]+)`?\)?")
_DUE = re.compile(r"\bdue:? *(\d{4}-\d\d-\d\d)")
_OWNER = re.compile(r"\bowner:? *([^,;.)]{2,60})")
_URL = re.compile(r"https?://[^\s)>]+")
_WRONG = re.compile(r"wrong|mislead|blamed|in vain|did not help|no effect|false lead", re.IGNORECASE)


@dataclass
class Draft:
    """What was read of a file, and what could not be: (line number, sentence)."""

    title: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[datetime, str]] = field(default_factory=list)
    promised: list[tuple[str, Kind, str, str, str, str, bool]] = field(default_factory=list)
    """(text, kind, owner, due, tracker's URL, proof, done)"""

    hurt_share: float | None = None
    cause: str = ""
    unread: list[tuple[int, str]] = field(default_factory=list)


def read(text: str) -> Draft:
    """Read a postmortem; never raises for what somebody wrote."""
    draft, part, bodies = Draft(), "", dict[str, list[tuple[int, str]]]()
    for number, line in enumerate(text.splitlines(), start=1):
        found = _HEADING.match(line.strip())
        if found is None:
            if part:
                bodies.setdefault(part, []).append((number, line))
            elif line.strip():
                bodies.setdefault("introduction", []).append((number, line))
            continue
        heading = (found[1] or found[2]).strip()
        known = _part_of(heading)
        if known:
            part = known
        elif not draft.title and not bodies:
            draft.title = heading
        elif part:
            bodies.setdefault(part, []).append((number, line))
        else:
            draft.unread.append(
                (number, f"the heading {heading!r} is none of the form; its text is kept in the introduction")
            )
    draft.parts = {name: "\n".join(line for _, line in lines).strip() for name, lines in bodies.items()}
    _read_summary(draft)
    _read_timeline(draft, bodies.get("timeline", ()), _day_in(text))
    _read_items(draft, bodies.get("items", ()))
    if not draft.lines:
        draft.unread.append((0, "no line of a timeline with a time was found"))
    return draft


def store(log: EventLog, draft: Draft, text: str, actor: Actor, now: int) -> Incident | str:
    """Make an incident of a draft, resolved and with its postmortem published; or say why it cannot be."""
    if not draft.lines:
        return "Without a single time this cannot become an incident: give its timeline lines such as `- 15:00 UTC …`."
    key = "import/" + hashlib.sha256(text.encode()).hexdigest()[:32]
    began, ended = (int(draft.lines[index][0].timestamp()) for index in (0, -1))
    with log.transaction():
        made = incident.open_by(
            log, actor, draft.title or "An imported incident", began, key=key,
            severity=incident.severity_of(draft.hurt_share, sale_running=False), team=_team(draft.cause),
        )  # fmt: skip
        if made.resolved_at is not None:
            return f"It is here already, as incident {made.id}."
        incident.felt(
            log, made.id, impact_at=None, hurt_peak=draft.hurt_share, sale_running="sale" in text.casefold(),
            quiet_since=None,
        )  # fmt: skip
        _tell(log, made.id, draft)
        if draft.cause:
            said = Diagnosed(cause=draft.cause)
            incident.name_cause(log, made.id, said, _named_at(draft) or ended)
        incident.move(log, made.id, "resolved", actor, ended, note="as it was written down")
        for wish in draft.promised:
            what, kind, owner, due, url, proof, done = wish
            made_item = items.add(
                log, made.id, what, kind, owner=owner, due=due, tracker_url=url, proof=proof,
                done_at=now if done else None,
            )  # fmt: skip
            if isinstance(made_item, str):
                draft.unread.append((0, f"{what!r}: {made_item}"))
        it = incident.must(log, made.id)
        postmortem.write(log, it, lambda *_: (), now)
        for name, body in draft.parts.items():
            if name not in ("items", "timeline") and body:
                postmortem.edit(log, it.id, name, body, role="author", at=now, seen=0)
        postmortem.publish(log, it.id, now)
    return it


def _tell(log: EventLog, incident_id: int, draft: Draft) -> None:
    for index, (at, text) in enumerate(draft.lines):
        told = Told(int(at.timestamp()), "note", text, "author", f"import/{index}")
        timeline.add(log, incident_id, told)
    for line in timeline.lines_of(log, incident_id):
        if line.source == "note" and _WRONG.search(line.text):
            timeline.mark_wrong(log, incident_id, line.id, "as its author says")


def _part_of(heading: str) -> str:
    plain = re.sub(r"^[\d.\s]+", "", re.sub(r"[*_:`]", "", heading)).strip().casefold()
    return next((name for name, titles in TITLES.items() if plain in titles), "")


def _day_in(text: str) -> datetime | None:
    for found in _DATE.finditer(text):
        year, month, day = (
            found[1] or found[6] or found[9],
            found[2] or found[5] or found[7],
            found[3] or found[4] or found[8],
        )
        try:
            number = int(month) if month.isdigit() else MONTHS.index(month.casefold()) + 1
            return datetime(int(year), number, int(day), tzinfo=UTC)
        except ValueError:
            continue
    return None


def _read_summary(draft: Draft) -> None:
    summary = draft.parts.get("summary", "")
    share = _SHARE.search(summary)
    if share and float(share[1]) <= 100:
        draft.hurt_share = float(share[1]) / 100
    words = f"{summary} {draft.parts.get('cause', '')}".casefold()
    if re.search(r"(missing|unindexed|without|lack of|no) ?(an? )?index|not indexed|unindexed", words):
        draft.cause = "missing_index"
    else:
        draft.cause = next((name for name, cause in CAUSES.items() if cause.title.casefold() in words), "")


def _read_timeline(draft: Draft, lines: Sequence[tuple[int, str]], day: datetime | None) -> None:
    before = None
    for number, line in lines:
        if not line.strip() or set(line.strip()) <= set("|-: "):
            continue
        of_line, found = _day_in(line), _CLOCK.search(line)
        day = of_line or day
        if found is None or day is None:
            if of_line is None:
                why = "no time" if found is None else "a time, but nowhere a date"
                draft.unread.append((number, f"{why} in {line.strip()[:60]!r}"))
            continue
        hour = int(found[1]) % 12 + (12 if found[4].casefold() == "pm" else 0) if found[4] else int(found[1])
        at = day + timedelta(hours=hour, minutes=int(found[2]), seconds=int(found[3] or 0))
        if before is not None and at < before - timedelta(hours=12):
            at, day = at + timedelta(days=1), day + timedelta(days=1)
        before = at
        words = re.sub(r"^[\s\-–—:|*.,]*(?:UTC|GMT|\(UTC\))?[\s\-–—:|*.,·]*", "", line[found.end() :])
        draft.lines.append((at, words.strip(" |*") or line.strip()))
    draft.lines.sort(key=lambda pair: pair[0])


def _read_items(draft: Draft, lines: Sequence[tuple[int, str]]) -> None:
    for number, line in lines:
        found = _BULLET.match(line)
        if found is None:
            if line.strip():
                draft.unread.append((number, f"no action item: {line.strip()[:60]!r}"))
            continue
        text = found["text"]
        proof, due, owner, url = (pattern.search(text) for pattern in (_PROOF, _DUE, _OWNER, _URL))
        plain = text
        for match in (proof, due, owner, url):
            plain = plain.replace(match[0], "") if match else plain
        plain = re.sub(r"\s*[(\[][\s,;:]*([)\]]|$)|\*\*", "", plain.rstrip()).strip(" ;,.")
        draft.promised.append((
            plain, _kind_of(plain), owner[1].strip() if owner else "", due[1] if due else "", url[0] if url else "",
            proof[1] if proof else "", (found["tick"] or " ") in "xX",
        ))  # fmt: skip


def _kind_of(text: str) -> Kind:
    if re.search(r"alert|monitor|detect|metric|dashboard|notif", text, re.IGNORECASE):
        return "detect"
    return "mitigate" if re.search(r"runbook|limit|scal|escalat|restart|document", text, re.IGNORECASE) else "prevent"


def _named_at(draft: Draft) -> int | None:
    """Return when the cause was found, by what the lines say."""
    found = re.compile(r"(identified|found|discovered|root cause|high query|query load)", re.IGNORECASE)
    times = [at for at, text in draft.lines if found.search(text) and not _WRONG.search(text)]
    return int(times[0].timestamp()) if times else None


def _team(cause: str) -> str:
    return next((each.team for name, each in CAUSES.items() if name == cause), "platform")
