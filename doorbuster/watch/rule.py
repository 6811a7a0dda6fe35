"""What an alert rule is: a measure, a bound, how long it must be so, and how long it must be well again.

Promises: a rule is a frozen row of the table in `rules.py` and judges the past by pure functions.

A rule fires when its measure is beyond the bound for `hold` seconds. It is well again when the measure is back at
`eases`, which is nearer to normal than the bound, for `clear` seconds: what goes to and fro at the bound does not flap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from doorbuster.watch.measuring import Measure
from doorbuster.watch.past import Past

Severity = Literal["page", "ticket"]
Team = Literal["database", "web", "payments", "platform"]
Unit = Literal["share", "seconds", "bytes", "rate", "times", "count"]


@dataclass(frozen=True, slots=True)
class Proviso:
    """A rule is judged only while this measure is at least (or, when `below`, less than) so much."""

    measure: Measure
    least: float | None = None
    below: float | None = None

    def holds(self, past: Past) -> bool:
        """Say whether it is so; what is not known is not so, unless the proviso asks for less."""
        value = self.measure.read(past, "")
        if value is None:
            return self.least is None
        return (self.least is None or value >= self.least) and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule found of one subject; neither `bad` nor `well` between the bounds, or when nothing is known."""

    subject: str
    value: float | None
    bad: bool
    well: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table. `says` is the sentence of the alert, with {value}, {limit} and {subject} in it.

    Exactly one of `above` and `below` is given. `lever` are the words and the address of what to do first; `children`
    says whose consequence this rule is: while one of those fires, this one is shown and does not page.
    """

    name: str
    severity: Severity
    team: Team
    measure: Measure
    above: float | None = None
    below: float | None = None
    eases: float | None = None
    hold: int
    clear: int = 60
    unit: Unit
    provided: tuple[Proviso, ...] = ()
    says: str
    lever: tuple[str, str]
    follows: tuple[str, ...] = ()

    @property
    def limit(self) -> float:
        """Return the bound."""
        bound = self.above if self.above is not None else self.below
        assert bound is not None
        return bound

    @property
    def runbook(self) -> str:
        """Return the runbook's name: the rule's own in small letters with hyphens."""
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in self.name).lstrip("-")

    def judge(self, past: Past) -> Iterator[Reading]:
        """Yield what is found of each subject; of a rule without subjects, one reading of the subject "" (nothing)."""
        allowed = all(proviso.holds(past) for proviso in self.provided)
        for subject in past.subjects(self.measure.of) if self.measure.of else ("",):
            value = self.measure.read(past, subject)
            if value is None:
                yield Reading(subject, None, False, False)
            elif not allowed:
                yield Reading(subject, value, False, True)
            else:
                yield Reading(subject, value, self._beyond(value, self.limit), not self._beyond(value, self._ease))

    def worse(self, one: float, other: float) -> float:
        """Return which of two values is further beyond the bound."""
        return max(one, other) if self.above is not None else min(one, other)

    def summary(self, value: float, subject: str) -> str:
        """Return the alert's sentence with its numbers."""
        return self.says.format(value=figure(value, self.unit), limit=figure(self.limit, self.unit), subject=subject)

    @property
    def sentence(self) -> str:
        """Return the alert's sentence with its limit, and dots for what is measured."""
        return self.says.format(value="…", limit=figure(self.limit, self.unit), subject="…")

    @property
    def _ease(self) -> float:
        return self.limit if self.eases is None else self.eases

    def _beyond(self, value: float, bound: float) -> bool:
        return value > bound if self.above is not None else value < bound


def figure(value: float, unit: Unit) -> str:
    """Write a number with its unit, as a tired person reads it."""
    match unit:
        case "share":
            return f"{value:.0%}" if value >= 0.1 else f"{value * 100:.1f}%".replace(".0%", "%")
        case "bytes":
            return _scaled(value, 1024, ("B", "KiB", "MiB", "GiB", "TiB"))
        case "seconds":
            return _duration(value)
        case "rate":
            return f"{_scaled(value, 1000, ('', 'k', 'M', 'G'))}/s"
        case "times":
            return f"{value:.1f} times"
        case "count":
            return f"{value:,.0f}"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for size, word in ((172_800, "days"), (7_200, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds / (86_400 if word == 'days' else 3_600 if word == 'h' else 60):.0f} {word}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _scaled(value: float, step: int, units: tuple[str, ...]) -> str:
    for unit in units[:-1]:
        if abs(value) < step:
            return (
                f"{value:.0f} {unit}".rstrip() if value >= 10 or value == int(value) else f"{value:.1f} {unit}".rstrip()
            )
        value /= step
    return f"{value:.1f} {units[-1]}"
