"""The verdict: every expectation of the scenario against what was measured."""

from dataclasses import dataclass

import msgspec

from doorbuster.drill.measured import MEASURES
from doorbuster.drill.measures import Outcome, schedule_lag_seconds, told
from doorbuster.drill.scenario import Bound, Scenario

CLIENT_LAG_SECONDS_MAX = 0.05
SATURATED_LAG_SECONDS = 0.5
"""A sixth of what hurts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One measure, with its expectation where the scenario has one."""

    name: str
    title: str
    unit: str
    value: float | None
    """None where the shop cannot tell; then nothing is judged."""

    bound: Bound | None

    @property
    def holds(self) -> bool | None:
        """Say whether the expectation holds; None where nothing was expected or the shop cannot tell."""
        return self.bound.holds(self.value) if self.bound and self.value is not None else None

    @property
    def target(self) -> str:
        """Return the expectation in words."""
        if self.bound is None:
            return ""
        least, most = self.bound.least, self.bound.most
        if most == 0:
            return "none"
        parts = [f"at least {told(least, self.unit)}"] if least is not None else []
        parts += [f"at most {told(most, self.unit)}"] if most is not None else []
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was expected first, then everything else that was measured."""

    expected: list[Line]
    others: list[Line]
    warnings: list[str]
    saturated: bool = False
    """Whether the crowd itself was the bottleneck by far: then this is no verdict."""

    @property
    def holds(self) -> bool:
        """Say whether every expectation holds that could be judged, by a crowd that was not the bottleneck."""
        return not self.saturated and all(line.holds is not False for line in self.expected)


def judge(scenario: Scenario, outcome: Outcome) -> Verdict:
    """Measure everything and hold it against the scenario."""
    lines = {
        name: Line(name, m.title, m.unit, m.read(outcome), scenario.then.get(name)) for name, m in MEASURES.items()
    }
    expected = [lines[name] for name in scenario.then]
    others = [line for name, line in lines.items() if name not in scenario.then]
    warnings = [
        f"{line.title}: not judged; this shop cannot tell, or too few people were hurt, or too briefly."
        for line in expected
        if line.value is None
    ]
    return Verdict(expected, others, warnings_about(outcome) + warnings, saturated=is_saturated(outcome))


def is_saturated(outcome: Outcome) -> bool:
    """Say whether the crowd was so late itself that nothing can be said about the shop."""
    return schedule_lag_seconds(outcome.record.attempts) > SATURATED_LAG_SECONDS or outcome.record.sockets_waited > 0


def warnings_about(outcome: Outcome) -> list[str]:
    """Return what a reader must know before believing the figures: whether the client was the bottleneck."""
    record = outcome.record
    said = []
    lag = schedule_lag_seconds(record.attempts)
    if lag > CLIENT_LAG_SECONDS_MAX:
        said.append(
            f"The client was the bottleneck: it sent 1 % of its requests more than {lag * 1000:.0f} ms after the "
            f"planned moment (bound: {CLIENT_LAG_SECONDS_MAX * 1000:.0f} ms). The latencies include that."
        )
    if record.sockets_waited:
        said.append(f"{record.sockets_waited} connections waited because the client had no more sockets.")
    return said


def as_json(verdict: Verdict) -> bytes:
    """Return the machine-readable verdict: a list of name, value, unit, target and holds."""
    rows = [
        {
            "name": line.name,
            "value": None if line.value is None else round(line.value, 6),
            "unit": line.unit,
            "target": _target(line.bound),
            "holds": line.holds,
        }
        for line in (*verdict.expected, *verdict.others)
    ]
    return msgspec.json.format(msgspec.json.encode(rows), indent=1)


def _target(bound: Bound | None) -> float | None:
    if bound is None:
        return None
    return bound.most if bound.most is not None else bound.least
