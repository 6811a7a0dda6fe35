"""Writes the parts of a postmortem from the story: plain sentences first, every figure from a measurement.

Promises: pure; a fact that is not known is called so, never guessed; no person's name goes in. What a manager needs
stands before what an engineer needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.database import plan
from doorbuster.database.plan import Step
from doorbuster.incident import lessons, telling, wording
from doorbuster.incident.figures import Figures
from doorbuster.incident.incident import Incident
from doorbuster.incident.items import Item
from doorbuster.incident.timeline import TimelineLine
from doorbuster.incident.wording import bullets, cause_of, clock, lasted, severity_of, share_of

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

TREES_MAX = 2
WHO_IS_HURT = (
    "Hurt is who got an answer that failed or took longer than three seconds; an honest refusal does not count."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known: the incident, its story, what was promised, and what was counted, at `now`."""

    it: Incident
    lines: Sequence[TimelineLine]
    items: Sequence[Item]
    now: int
    figures: Figures


def generated(facts: Facts) -> dict[str, str]:
    """Return the text of each part, as Markdown."""
    it, lines = facts.it, facts.lines
    return {
        "introduction": _introduction(it), "summary": _summary(facts), "timeline": telling.story(it, lines),
        "cause": _cause(facts), "measures": _measures(facts), "items": _items(facts.items),
        "detection": lessons.detection(it, lines), "teams": lessons.teams(it, facts.figures),
        "lessons": lessons.learnt(it, lines), "wrong": _wrong(facts), "ends": _ends(facts),
        "clocks": lessons.clocks(it),
    }  # fmt: skip


def paragraph(it: Incident) -> str:
    """Return what a manager needs to know, in one paragraph."""
    when = f"Since {wording.at(it.began_at)}"
    if it.resolved_at:
        when = f"On {wording.stretch(it.began_at, it.resolved_at)} ({lasted(it.resolved_at - it.began_at)})"
    selling = ", while a sale was running" if it.sale_running else ""
    because = f"The cause: {_lower(cause_of(it))}." if it.cause else "The cause is not known."
    felt = f" {wording.felt(it)}" if it.hurt_share else ""
    over = "" if it.resolved_at else " It is not over."
    return f"{when}, {share_of(it)}{selling}.{felt} {because} That is {severity_of(it)}.{over}"


def _introduction(it: Incident) -> str:
    return (
        f"{paragraph(it)}\n\nThis page says what happened, why, what was done and what will keep it from happening "
        "again. It names roles, not people: whoever acted did what made sense with what could be seen then."
    )


def _summary(facts: Facts) -> str:
    it = facts.it
    until = it.resolved_at or facts.now
    over = "" if it.resolved_at else ", and it is not over"
    began = "" if it.impact_at is not None or it.hurt_share == 0 else "; it began at an unknown time before that"
    well = it.quiet_since
    quiet = f" Nobody was hurt any more from {clock(well)} on." if well and it.began_at < well <= until else ""
    selling = " A sale was running." if it.sale_running else ""
    lines = [
        f"- **Duration:** {wording.stretch(it.began_at, until)}, {lasted(until - it.began_at)}{began}{over}.{quiet}",
        f"- **Impact:** the shop; {share_of(it)}.{selling} {WHO_IS_HURT}",
        f"- **User experience:** {wording.felt(it)}",
        f"- **Root cause:** {_lower(cause_of(it)) if it.cause else 'not known'}.",
        f"- **Severity:** {severity_of(it).removeprefix('severity ')}.",
    ]
    if facts.figures.sentence:
        lines.insert(3, f"- **In numbers:** {facts.figures.sentence}")
    return "\n".join(lines)


def _cause(facts: Facts) -> str:
    it, said = facts.it, facts.it.said
    parts = [f"{cause_of(it)}." if it.cause else "The cause was not named."]
    if it.cause and said.headline.rstrip(".") not in ("", cause_of(it), wording.title_of(it.cause)):
        parts.append(f"In the words of the diagnosis: {said.headline.rstrip('.')}.")
    if trigger := wording.trigger_of(it):
        parts.append(f"Just before, {trigger}.{_not_the_cause(said.trigger)}")
    plans = _plans(facts)
    defined = " ".join(plans)
    measured = [each for each in said.evidence if not (_names_an_index(each) and each.split()[2] in defined)]
    if measured or plans:
        parts.append("What was measured:\n\n" + bullets([*measured, *map(_as_code, plans)]))
    parts += [f"How PostgreSQL would run {query}, by its own estimate:\n\n```plan\n{plan.as_text(tree)}\n```"
              for query, tree in _trees(facts).items()]  # fmt: skip
    deeds = [f"{clock(line.at)}: {line.text}" for line in telling.deeds(it, facts.lines)]
    seen = [f"{clock(line.at)}: {line.text}" for line in telling.seen(it, facts.lines)]
    parts.append(
        "What was done:\n\n" + bullets(deeds) if deeds else "No lever, step or change by a person is in the timeline."
    )
    if seen:
        parts.append("What changed meanwhile, as the watch saw it:\n\n" + bullets(seen))
    ends = [(it.mitigated_at, "mitigated"), (it.resolved_at, "resolved")]
    over = " and ".join(f"{word} at {clock(when)}" for when, word in ends if when)
    return "\n\n".join([*parts, f"It was {over}." if over else "It is not over."])


def _measures(facts: Facts) -> str:
    kinds = {"prevent": "To prevent it", "detect": "To detect it sooner", "mitigate": "To hurt fewer, for less long"}
    parts = [
        f"**{title}**\n\n" + bullets([item.text for item in facts.items if item.kind == kind])
        for kind, title in kinds.items()
        if any(item.kind == kind for item in facts.items)
    ]
    if remedy := facts.it.said.remedy.rstrip("."):
        others = [
            each for each in _plans(facts) if each.startswith("Missing: ") and _definition(each) not in _plain(remedy)
        ]
        parts.insert(
            0, "**What ends it**\n\n" + bullets([f"{remedy}.", *(f"As well: `{_definition(each)}`" for each in others)])
        )
    if facts.it.cause in wording.MEANINGS and not facts.items:
        parts.append(f"**To think about**\n\n- {wording.MEANINGS[facts.it.cause].think_of}")
    return "\n\n".join(parts) or "None has been written down yet."


def _items(items: Sequence[Item]) -> str:
    return "\n".join(
        f"- [{'x' if item.state != 'open' else ' '}] {item.text} ({item.kind}; {item.owner or 'nobody yet'}; "
        f"due {item.due or 'no date'}; proof: {item.proof or 'none'}; **{item.state}**)"
        for item in items
    ) or "None has been written down yet: nothing keeps it from happening again."  # fmt: skip


def _wrong(facts: Facts) -> str:
    wrong = [f"{clock(line.at)}: {line.text} ({line.wrong})" for line in facts.lines if line.wrong]
    ruled_out = [each.removeprefix("Not ").removeprefix("the ") for each in facts.it.said.not_because]
    parts = [
        f"{title}\n\n{bullets([each[:1].upper() + each[1:] for each in found])}"
        for title, found in (("Followed for a while:", wrong), ("Looked at and ruled out:", ruled_out))
        if found
    ]
    return "\n\n".join(parts) or "None is marked in the timeline."


def _ends(facts: Facts) -> str:
    """Compare what was done with what was promised: a step that no item keeps, an item that no line shows."""
    unkept = [line.text.partition(": ")[0].rstrip(".") for line in telling.deeds(facts.it, facts.lines)
              if not any(_akin(line.text, item.text) for item in facts.items)]  # fmt: skip
    kept = [f"Done that night, and kept by no action item: {'; '.join(dict.fromkeys(unkept))}."] if unkept else []
    unseen = [f"Promised, but no line of the timeline shows the need: {item.text}" for item in facts.items
              if not any(_akin(line.text, item.text) for line in facts.lines)]  # fmt: skip
    unproved = [f"Promised without a proof: {item.text}" for item in facts.items if not item.proof]
    return bullets([*kept, *unseen, *unproved]) or "None."


def _akin(one: str, other: str) -> bool:
    """Say whether two texts speak of the same thing: they share two words that mean something."""
    return len(_meaning(one) & _meaning(other)) >= 2


def _meaning(text: str) -> set[str]:
    words = ("".join(c if c.isalnum() else " " for c in text)).casefold().split()
    return {word.rstrip("s")[:6] for word in words if len(word) > 3} - {"with", "that", "this", "from", "were", "into"}


def _plans(facts: Facts) -> list[str]:
    """Return the sentences of the plans that were frozen, each once."""
    said = (each for line in facts.lines if not line.wrong for each in line.evidence.plan.splitlines())
    return list(dict.fromkeys(said))


def _definition(plan: str) -> str:
    return plan.removeprefix("Missing: ").rstrip(".")


def _plain(remedy: str) -> str:
    """Return the definitions in a remedy as the plan has them."""
    return remedy.replace(" CONCURRENTLY", "")


def _trees(facts: Facts) -> dict[str, Step]:
    """Return the plans that were frozen first, of the statement that was named and of others."""
    found: dict[str, Step] = {}
    for line in facts.lines:
        for query, tree in line.evidence.trees.items() if not line.wrong else ():
            found.setdefault(query, tree)
    named = {query: tree for query, tree in found.items() if query in facts.it.said.headline}
    return dict(list((named or found).items())[:TREES_MAX])


def _not_the_cause(trigger: str) -> str:
    """Say of a crowd that it is not to blame: it is what a shop is for."""
    crowd = trigger.endswith("as many requests as before")
    return " That set it off and is not the cause: a crowd is what a shop is for." if crowd else ""


def _names_an_index(evidence: str) -> bool:
    return evidence.startswith("The index ") and evidence.endswith(" is missing.")


def _as_code(plan: str) -> str:
    """Put a definition between backticks, so that it can be copied."""
    return f"Missing: `{_definition(plan)}`" if plan.startswith("Missing: ") else plan.replace("`", "'")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
