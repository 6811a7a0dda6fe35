"""Writes the parts of a postmortem from the story: plain sentences, every figure from a measurement.

Promises: pure; a fact that is not known is called so, never guessed; no person's name goes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.control.words import span
from doorbuster.incident.clocks import clocks_of
from doorbuster.incident.incident import SEVERITIES, Incident
from doorbuster.incident.items import Item
from doorbuster.incident.timeline import TimelineLine
from doorbuster.watch.diagnosis import CAUSES
from doorbuster.watch.visitors import VISITORS_MAX
from doorbuster.web.pages import moment_of

SECTIONS = {
    "introduction": "Introduction",
    "summary": "Issue Summary",
    "timeline": "Timeline",
    "cause": "Root Cause and Resolution",
    "measures": "Corrective and Preventative Measures",
    "items": "Action Items",
    "detection": "Trigger and Detection",
    "teams": "What This Means for Each Team",
    "lessons": "What Went Well, Badly, and Luckily",
    "wrong": "Wrong Hypotheses",
    "ends": "Loose Ends",
    "clocks": "Clocks",
}
"""Name of a part -> its title, in the company's order."""

ACTED = ("lever", "action", "schema", "restart", "scaling", "release")
TEAM_WORK = {
    "database": "The database team owns the cause: its query, index or setting.",
    "web": "The web team owns the cause: what the processes of the shop spend their time on.",
    "payments": "The payments team owns the cause: how the shop waits for the provider.",
    "platform": "The platform team owns the cause: the machine, its room and the traffic that reaches it.",
}
LINES_WRITTEN_MAX = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known: the incident, its story and what was promised, at `now`."""

    it: Incident
    lines: Sequence[TimelineLine]
    items: Sequence[Item]
    now: int


def generated(facts: Facts) -> dict[str, str]:
    """Return the text of each part, as Markdown."""
    return {
        "introduction": _introduction(facts.it), "summary": _summary(facts), "timeline": _timeline(facts.lines),
        "cause": _cause(facts), "measures": _measures(facts), "items": _items(facts.items),
        "detection": _detection(facts), "teams": _teams(facts), "lessons": _lessons(facts),
        "wrong": _wrong(facts), "ends": _ends(facts), "clocks": _clocks(facts.it),
    }  # fmt: skip


def paragraph(it: Incident) -> str:
    """Return what a manager needs to know, in one paragraph."""
    lasted = f"for {span(it.resolved_at - it.began_at)}" if it.resolved_at else "and it is not over"
    because = f"The cause: {_cause_words(it)}." if it.cause else "The cause is not known yet."
    return (
        f"From {_at(it.began_at)} {_share(it)} {lasted}. {because} Severity {it.severity}: {SEVERITIES[it.severity]}."
    )


def _introduction(it: Incident) -> str:
    return (
        f"{paragraph(it)}\n\nThis page says what happened, why, what was done and what will keep it from happening "
        "again. It names roles, not people: whoever acted did what made sense with what could be seen then."
    )


def _summary(facts: Facts) -> str:
    it = facts.it
    ended = _at(it.resolved_at) if it.resolved_at else "not yet"
    duration = span((it.resolved_at or facts.now) - it.began_at)
    began = "" if it.impact_at is not None else " (when it was detected; the series does not show when it began)"
    selling = ", while a sale was running" if it.sale_running else ""
    impact = (
        f"- **Impact:** the shop{selling}. {_share(it).capitalize()}; hurt is who got an answer that failed or "
        "took longer than three seconds; honest refusals do not count."
    )
    return "\n".join([
        f"- **Duration:** {_at(it.began_at)}{began} to {ended}, {duration}.",
        impact,
        f"- **User experience:** {_experience(it)}",
        f"- **Root cause:** {_cause_words(it) if it.cause else 'not known yet'}.",
        f"- **Severity:** {it.severity}, {SEVERITIES[it.severity]}.",
    ])  # fmt: skip


def _timeline(lines: Sequence[TimelineLine]) -> str:
    told, left = lines[:LINES_WRITTEN_MAX], max(0, len(lines) - LINES_WRITTEN_MAX)
    written = [
        f"- **{moment_of(line.at):%Y-%m-%d %H:%M:%S} UTC** · {line.source} · {line.text}"
        + (f" *(a wrong path: {line.wrong})*" if line.wrong else "")
        for line in told
    ]
    return "\n".join([*written, f"- and {left} lines more, in the incident"] if left else written)


def _cause(facts: Facts) -> str:
    it, said = facts.it, facts.it.said
    parts = [f"{_cause_words(it)}." if it.cause else "The cause was not named."]
    if said.trigger:
        parts.append(f"It was set off by this: {said.trigger}. That is the trigger, not the cause.")
    if said.evidence:
        parts.append("What it rests on:\n\n" + _list(said.evidence))
    plans = dict.fromkeys(each for line in facts.lines if not line.wrong for each in line.evidence.plan.splitlines())
    if plans:
        parts.append("What the database did with it:\n\n" + _list([f"`{each.replace('`', '')}`" for each in plans]))
    acted = [line for line in facts.lines if line.source in ACTED and not line.wrong and line.at >= it.detected_at]
    parts.append(
        "What was done:\n\n" + _list([f"{moment_of(line.at):%H:%M:%S} UTC: {line.text}" for line in acted])
        if acted else "Nothing that was done is in the timeline: it went away by itself, or a line is missing."
    )  # fmt: skip
    return "\n\n".join(parts)


def _measures(facts: Facts) -> str:
    kinds = {"prevent": "To prevent it", "detect": "To detect it sooner", "mitigate": "To hurt fewer, for less long"}
    parts = [
        f"**{title}**\n\n" + _list([item.text for item in facts.items if item.kind == kind])
        for kind, title in kinds.items()
        if any(item.kind == kind for item in facts.items)
    ]
    if facts.it.said.remedy:
        parts.insert(0, f"**At once**\n\n- {facts.it.said.remedy}")
    return "\n\n".join(parts) or "None has been written down yet."


def _items(items: Sequence[Item]) -> str:
    return "\n".join(
        f"- [{'x' if item.state != 'open' else ' '}] {item.text} ({item.kind}; {item.owner or 'nobody yet'}; "
        f"due {item.due or 'no date'}; proof: {item.proof or 'none'}; **{item.state}**)"
        for item in items
    ) or "None has been written down yet."  # fmt: skip


def _detection(facts: Facts) -> str:
    first = next((line for line in facts.lines if line.source in ("alert", "note", "chat", "detected")), None)
    how = f"First told by: {first.text}" if first else "Nothing in the timeline says who told first."
    trigger = facts.it.said.trigger or "no change just before it is known"
    detect = clocks_of(facts.it)[0]
    took = f"{detect.seconds} s after it began" if detect.seconds is not None else f"time to detect: {detect.state}"
    return f"- **Trigger:** {trigger}.\n- **Detection:** {took}. {how}"


def _teams(facts: Facts) -> str:
    it = facts.it
    other = [team for team in TEAM_WORK if team != it.team]
    return _list([
        f"**{it.team.capitalize()}**: {TEAM_WORK.get(it.team, TEAM_WORK['platform'])}",
        f"**{', '.join(other).capitalize()}**: nothing to mend; read the lessons; the next one may begin there.",
        f"**Customer service**: {_experience(it)} Orders that were confirmed are kept.",
        "**Merchants**: a sale that ran meanwhile sold fewer units than it could have." if it.sale_running
        else "**Merchants**: no sale was running.",
    ])  # fmt: skip


def _lessons(facts: Facts) -> str:
    readings = {each.name: each for each in clocks_of(facts.it)}
    well: list[str] = []
    badly: list[str] = []
    for name, bound in (("detect", 60), ("acknowledge", 300), ("name the cause", 90), ("mitigate", 900)):
        each = readings[name]
        if each.seconds is not None:
            (well if each.seconds <= bound else badly).append(f"It took {span(each.seconds)} to {name}.")
        elif not facts.it.is_open:
            badly.append(f"The time to {name} was not recorded.")
    wrong = sum(bool(line.wrong) for line in facts.lines)
    if wrong:
        badly.append(f"{wrong} wrong path{'s were' if wrong > 1 else ' was'} taken; see below.")
    luck = ["No sale was running."] if not facts.it.sale_running else []
    return "\n\n".join(
        f"**{title}**\n\n{_list(found) if found else 'Nothing was measured; write what you know.'}"
        for title, found in (("Well", well), ("Badly", badly), ("Luckily", luck))
    )


def _wrong(facts: Facts) -> str:
    wrong = [f"{moment_of(line.at):%H:%M:%S} UTC: {line.text} ({line.wrong})" for line in facts.lines if line.wrong]
    ruled_out = [f"Ruled out: {each}" for each in facts.it.said.not_because]
    return _list([*wrong, *ruled_out]) if wrong or ruled_out else "None is marked in the timeline."


def _ends(facts: Facts) -> str:
    """Compare what was done with what was promised: a step that no item keeps, an item that no line shows."""
    acted = [line for line in facts.lines if line.source in ACTED and line.at >= facts.it.detected_at]
    unkept = [f"Done then, kept by no action item: {each.text}" for each in acted
              if not any(_akin(each.text, item.text) for item in facts.items)]  # fmt: skip
    unseen = [f"Promised, but no line of the timeline shows the need: {item.text}" for item in facts.items
              if not any(_akin(line.text, item.text) for line in facts.lines)]  # fmt: skip
    unproved = [f"Promised without a proof: {item.text}" for item in facts.items if not item.proof]
    return _list([*unkept, *unseen, *unproved]) or "None."


def _clocks(it: Incident) -> str:
    rows = [f"| to {each.name} | {span(each.seconds) if each.seconds is not None else '–'} | {each.state} |"
            for each in clocks_of(it)]  # fmt: skip
    return "\n".join(["| Clock | Took | State |", "|---|---|---|", *rows])


def _akin(one: str, other: str) -> bool:
    """Say whether two texts speak of the same thing: they share two words that mean something."""
    return len(_meaning(one) & _meaning(other)) >= 2


def _meaning(text: str) -> set[str]:
    words = ("".join(c if c.isalnum() else " " for c in text)).casefold().split()
    return {word.rstrip("s")[:6] for word in words if len(word) > 3} - {"with", "that", "this", "from", "were", "into"}


def _experience(it: Incident) -> str:
    if not it.hurt_peak:
        return "No answer that failed or was slow was measured."
    return "Pages were slow or failed, and some purchases could not be finished; whoever was told to wait was told so."


def _cause_words(it: Incident) -> str:
    title = next((each.title for name, each in CAUSES.items() if name == it.cause), it.cause)
    return f"{title}: {it.said.headline.rstrip('.')}" if it.said.headline else title


def _share(it: Incident) -> str:
    if it.visitors_seen and it.visitors_hurt is not None:
        about = "about " if it.visitors_seen >= VISITORS_MAX else ""
        share = it.visitors_hurt / it.visitors_seen
        return f"{share * 100:.0f} % of visitors were hurt ({about}{it.visitors_hurt:,} of {it.visitors_seen:,})"
    if it.hurt_peak is None:
        return "how many users were hurt was not measured"
    if it.hurt_peak < 0.005:
        return "nobody was measured to be hurt"
    return f"up to {it.hurt_peak * 100:.0f} % of users were hurt"


def _at(seconds: int) -> str:
    return f"{moment_of(seconds):%d %B %Y, %H:%M:%S} UTC"


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
