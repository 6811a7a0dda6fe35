"""The timeline as it is read afterwards: each thing told once, under its day, with the moment when it began to hurt.

Promises: pure; no line of a person is left out; what repeats is counted, not repeated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from doorbuster.incident import wording
from doorbuster.incident.incident import Incident
from doorbuster.incident.timeline import TimelineLine
from doorbuster.web.pages import moment_of

LINES_WRITTEN_MAX = 200
COUNTED = ("alert", "diagnosis")
"""Where lines come from that say the same thing again with another number."""
OPENING = ("detected", "page")
"""Whose lines repeat the headline that was told a moment before."""


@dataclass(slots=True)
class Entry:
    """A line as it is written, how often it was told again, and when the last time."""

    line: TimelineLine
    again: int = 0
    last_at: int = 0


def story(it: Incident, lines: Sequence[TimelineLine]) -> str:
    """Return the timeline as Markdown."""
    entries = once(lines)
    told = [(entry.line.at, _written(entry)) for entry in entries[:LINES_WRITTEN_MAX]]
    if it.impact_at is not None:
        place = sum(at < it.impact_at for at, _ in told)
        told.insert(place, (it.impact_at, _told(it.impact_at, "impact", "Customers begin to be hurt.")))
    written: list[str] = []
    day = None
    for at, text in told:
        moment = moment_of(at)
        if moment.date() != day:
            day = moment.date()
            written.append(f"\n**{moment.day} {moment:%B %Y}** (all times in UTC)\n")
        written.append(text)
    left = len(entries) - LINES_WRITTEN_MAX
    return "\n".join([*written, *([f"- and {left} lines more, in the incident"] if left > 0 else [])]).strip()


def once(lines: Sequence[TimelineLine]) -> list[Entry]:
    """Return the lines with what repeats counted: an alert by its name, a saying by its words."""
    known: dict[str, Entry] = {}
    told: set[str] = set()
    entries: list[Entry] = []
    for line in lines:
        key = _key(line)
        if key in known:
            known[key].again += 1
            known[key].last_at = line.at
            continue
        entry = Entry(replace(line, text=_shortened(line, told)))
        told.add(line.text)
        entries.append(entry)
        if key:
            known[key] = entry
    return entries


def _key(line: TimelineLine) -> str:
    """Return what two lines have in common that say the same; nothing for a line that stands for itself."""
    if line.source not in COUNTED or line.wrong:
        return ""
    return f"alert {line.text.partition(':')[0]}" if line.source == "alert" else line.text


def _shortened(line: TimelineLine, told: set[str]) -> str:
    """Leave out of a line what another one has just said."""
    before, _, headline = line.text.partition(": ")
    return f"{before}." if line.source in OPENING and headline in told else line.text


def _written(entry: Entry) -> str:
    line = entry.line
    again = f" *({_times(entry.again)}, last at {wording.clock(entry.last_at)})*" if entry.again else ""
    wrong = f" *(a wrong path: {line.wrong})*" if line.wrong else ""
    return f"{_told(line.at, line.source, line.text)}{again}{wrong}"


def _told(at: int, source: str, text: str) -> str:
    return f"- **{moment_of(at):%H:%M:%S}** · {source} · {text}"


def _times(count: int) -> str:
    return "once more" if count == 1 else f"{count} times more"


def deeds(it: Incident, lines: Sequence[TimelineLine]) -> list[TimelineLine]:
    """Return what people did about it after it was detected; of the building of an index only how it ended."""
    found: dict[str, TimelineLine] = {}
    for line in lines:
        by_people = line.source in ("lever", "action", "journal", "release") and line.role != "watch"
        if by_people and not line.wrong and line.at >= it.detected_at:
            found[line.text.partition(":")[0] if line.text.startswith("create index ") else f"line {line.id}"] = line
    return list(found.values())


def seen(it: Incident, lines: Sequence[TimelineLine]) -> Iterator[TimelineLine]:
    """Yield what became different by itself, or as a consequence, from its beginning on."""
    for line in lines:
        noticed = line.source in ("schema", "restart", "scaling", "release") and line.role == "watch"
        if noticed and not line.wrong and line.at >= it.began_at:
            yield line
