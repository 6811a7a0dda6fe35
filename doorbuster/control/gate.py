"""What the gates of all workers do just now, added up for the guard's page."""

from dataclasses import dataclass

from doorbuster.guard.lanes import LANES, MEANINGS
from doorbuster.watch.collector import Collector


@dataclass(frozen=True, slots=True)
class LaneNow:
    """One lane: what it is for, and what became of its requests since the shop was opened."""

    name: str
    meaning: str
    priority: int
    admitted: int
    refused: int


@dataclass(frozen=True, slots=True)
class GateNow:
    """All gates together; `threshold` and brown-out `step` are the highest of them; `work` workers ask a sum."""

    processes: int
    limit: int
    inside: int
    waiting: int
    threshold: int
    step: int
    work: int
    lanes: list[LaneNow]


def rooms_of(collector: Collector, now_seconds: float) -> dict[str, dict[str, float]]:
    """Return what each waiting room does, by the sale's address, as its controller last reported it."""
    family = collector.gauges(now_seconds).get("doorbuster_room")
    found: dict[str, dict[str, float]] = {}
    for series in family.series if family else ():
        found.setdefault(series.labels[0], {})[series.labels[1]] = series.value
    return found


def gate_of(collector: Collector, now_seconds: float) -> GateNow:
    """Return the gates as the workers last reported them; `now_seconds` are monotonic, as the collector's."""
    gauges = collector.gauges(now_seconds)

    def values(name: str) -> list[int]:
        family = gauges.get(f"doorbuster_{name}")
        return [int(series.value) for series in family.series] if family else []

    admitted = collector.total("doorbuster_gate_admitted_total")
    refused = collector.total("doorbuster_gate_refused_total")
    lanes = [
        LaneNow(
            lane.name, MEANINGS[lane.name], lane.priority, int(admitted.get((lane.name,), 0)),
            int(sum(count for labels, count in refused.items() if labels[0] == lane.name)),
        )
        for lane in LANES
    ]  # fmt: skip
    limits = values("gate_limit")
    return GateNow(
        len(limits), sum(limits), sum(values("gate_inside")), sum(values("gate_waiting")),
        max(values("gate_threshold"), default=0),
        max(values("brownout_step"), default=0),
        sum(values("room_work")),
        lanes,
    )  # fmt: skip
