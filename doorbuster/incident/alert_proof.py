"""The proof `alert:RULE`: the rule is judged on the curves that were frozen during the incident, and must fire.

Promises: nobody is told of it; what was not kept of that time is not made up: then the proof cannot be run. A curve was
thinned to its peaks when it was frozen, so between two points the last one holds.
"""

from collections.abc import Iterator

from doorbuster.incident import incident, postmortem, timeline
from doorbuster.incident.incident import Incident
from doorbuster.incident.items import Run
from doorbuster.incident.timeline import Curve
from doorbuster.journal import EventLog
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.rules import BY_NAME
from doorbuster.watch.signals import Tick

SECONDS_MAX = 6 * 3_600
NOTHING_KEPT = "nothing that was measured during its incident was kept, so the alert cannot be tried on it"


def tried(log: EventLog, rule_name: str, incident_id: int, now: int) -> Run | str:
    """Judge a rule on an incident; return whether it fires, and when, or why that cannot be said."""
    it = incident.must(log, incident_id)
    curves = _curves(log, it)
    if rule_name not in BY_NAME:
        return Run(now, holds=False, detail=f"there is no alert {rule_name} yet")
    if not curves:
        return NOTHING_KEPT
    book = AlertBook(log, (BY_NAME[rule_name],))
    for tick in _ticks(curves):
        if any(alert.state == "firing" for alert in book.judge(tick.at, tick)):
            late = tick.at - it.began_at
            return Run(now, holds=True, detail=f"it fires {max(late, 0)} s after incident {it.id} began")
    return Run(now, holds=False, detail=f"it does not fire on what was measured during incident {it.id}")


def _curves(log: EventLog, it: Incident) -> list[Curve]:
    """Return everything that was frozen: the postmortem's curves, and those beside the lines."""
    doc = postmortem.document(log, it)
    beside = [curve for line in timeline.lines_of(log, it.id) for curve in line.evidence.curves]
    return [*(doc.curves if doc else ()), *beside]


def _ticks(curves: list[Curve]) -> Iterator[Tick]:
    """Put the curves together into seconds; each signal holds until its next point, from its first to its last."""
    points: dict[str, dict[int, float]] = {}
    for curve in curves:
        points.setdefault(curve.name, {}).update(curve.points)
    first = min(min(each) for each in points.values())
    ends = {name: max(each) for name, each in points.items()}
    values: dict[str, float] = {}
    for at in range(first, min(max(ends.values()), first + SECONDS_MAX) + 1):
        values |= {name: each[at] for name, each in points.items() if at in each}
        yield Tick(at, {name: value for name, value in values.items() if at <= ends[name]})
