"""The parts of a postmortem that are there to learn from: how it was noticed, what each team does, what went well.

Promises: pure; judges by the clocks and the timeline only, and says what was not measured.
"""

from collections.abc import Sequence

from doorbuster.incident import wording
from doorbuster.incident.clocks import clocks_of
from doorbuster.incident.figures import Figures
from doorbuster.incident.incident import Incident
from doorbuster.incident.timeline import TimelineLine
from doorbuster.incident.wording import bullets, lasted

TEAM_WORK = {
    "database": "the cause is yours: a query, an index, a lock, a setting or the server itself",
    "web": "the cause is yours: what the processes of the shop spend their time on",
    "payments": "the cause is yours: how the shop waits for the provider",
    "platform": "the cause is yours: the machine, its room and the traffic that reaches it",
}
GOALS = {"detect": 60, "acknowledge": 300, "name the cause": 90, "mitigate": 900}
"""Clock -> how many seconds it may take and still count as well done."""
UNTAKEN = {
    "detect": "The series does not show when it began, so nobody knows how long it went unnoticed.",
    "acknowledge": "Nobody took it before it was resolved.",
    "name the cause": "No cause was named.",
    "mitigate": "Nobody wrote down when customers were well again.",
}
"""Clock -> what it says when it never ran."""
TOLD_BEFORE = "It was told before anybody was hurt."


def detection(it: Incident, lines: Sequence[TimelineLine]) -> str:
    """Return what set it off, how long it went unnoticed, and who told first."""
    first = next((line for line in lines if line.source in ("alert", "note", "chat", "detected")), None)
    how = f"First told by: {first.text}" if first else "Nothing in the timeline says who told first."
    trigger = wording.trigger_of(it) or "nothing is known that changed just before"
    detect = clocks_of(it)[0]
    took = TOLD_BEFORE if detect.state == "before it hurt" else UNTAKEN["detect"]
    if detect.seconds is not None:
        took = f"{lasted(detect.seconds)} after it began."
    return f"- **Trigger:** {trigger}.\n- **Detection:** {took} {how}"


def teams(it: Incident, figures: Figures) -> str:
    """Return what each team has to do with it."""
    other = [team for team in TEAM_WORK if team != it.team]
    asked = f" {it.visitors_hurt:,} people may ask about it." if it.visitors_hurt else ""
    sold = figures.orders_sentence
    yours, theirs = (
        TEAM_WORK.get(it.team, TEAM_WORK["platform"]),
        "nothing to mend here; the next one may begin with you",
    )
    if not it.cause:
        yours = "you were called, and the cause is not known: look for it in what was frozen with the timeline"
        theirs = "look whether it may have begun with you; nobody knows yet"
    return bullets([
        f"**{it.team.capitalize()}**: {yours}.",
        f"**{', '.join(other).capitalize()}**: {theirs}.",
        f"**Customer service**: {wording.felt(it)} Orders that were confirmed are kept.{asked}",
        f"**Merchants**: {'a sale was running' if it.sale_running else 'no sale was running'}.{sold and f' {sold}'}",
    ])  # fmt: skip


def learnt(it: Incident, lines: Sequence[TimelineLine]) -> str:
    """Return what went well, badly and luckily, as far as it was measured."""
    readings = {each.name: each for each in clocks_of(it)}
    well: list[str] = []
    badly: list[str] = []
    for name, bound in GOALS.items():
        seconds = readings[name].seconds
        if seconds is not None:
            took = f"It took {lasted(seconds)} to {name}"
            said = f"{took}." if seconds or name != "name the cause" else "The cause was known when it was detected."
            (well if seconds <= bound else badly).append(
                said if seconds <= bound else f"{took}; {lasted(bound)} would have been good."
            )
        elif readings[name].state == "before it hurt":
            well.append(TOLD_BEFORE)
        elif not it.is_open and not (name == "mitigate" and it.hurt_share == 0):
            badly.append(UNTAKEN[name])
    wrong = sum(bool(line.wrong) for line in lines)
    if wrong:
        badly.append(f"{wrong} wrong path{'s were' if wrong > 1 else ' was'} taken; see below.")
    luck = ["No sale was running."] if not it.sale_running else []
    return "\n\n".join(
        f"**{title}**\n\n{bullets(found) if found else 'Nothing was measured; write what you know.'}"
        for title, found in (("Well", well), ("Badly", badly), ("Luckily", luck))
    )


def clocks(it: Incident) -> str:
    """Return how long each step took, as a table."""
    rows = [f"| to {each.name} | {lasted(each.seconds) if each.seconds is not None else '–'} | {each.state} |"
            for each in clocks_of(it)]  # fmt: skip
    return "\n".join(["| Clock | Took | State |", "|---|---|---|", *rows])
