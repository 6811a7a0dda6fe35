"""What a measure is, how it is told to a person and to a program."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `at_least` or `at_most` is its target in the same unit; without either it is only reported.

    `told` is the judgement of a measure that was judged elsewhere.
    """

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    absolutes: str = ""
    told: bool | None = None

    @property
    def target(self) -> float | None:
        """Return the figure to reach, or None."""
        return self.at_least if self.at_least is not None else self.at_most

    @property
    def holds(self) -> bool:
        """Say whether the target is reached; what has none always holds."""
        if self.told is not None:
            return self.told
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.at_most is None or self.value <= self.at_most


@dataclass(slots=True)
class Findings:
    """Everything that was measured, and what could not be."""

    measures: list[Measure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        """Say whether every target is reached and nothing was skipped."""
        return not self.skipped and all(measure.holds for measure in self.measures)


def ratio(over: float, under: float) -> float:
    """Return a ratio, zero when there is nothing to compare with."""
    return over / under if under else 0.0


def rate(per_second: float) -> str:
    """Write a rate for a person."""
    return f"{per_second:,.0f}/s"


def written(findings: Findings, file: Path) -> None:
    """Write the measures as a program reads them: name, value, unit, target, holds."""
    lines = [
        {"name": one.name, "value": round(one.value, 4), "unit": one.unit, "target": one.target, "holds": one.holds}
        for one in findings.measures
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(lines), indent=2) + b"\n")


def show(console: Console, findings: Findings) -> None:
    """Print the table and what was skipped."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "measure", "value", "target", "absolutes"):
        table.add_column(heading, justify="right" if heading in ("value", "target") else "left")
    for one in findings.measures:
        table.add_row(_mark(one), one.name, _figure(one.value, one.unit), _target(one), one.absolutes)
    console.print(table)
    for words in _sentences(findings):
        console.print(words, highlight=False)


def _sentences(findings: Findings) -> Iterable[str]:
    yield from (f"[yellow]skipped[/yellow] {words}" for words in findings.skipped)
    missed = sum(not one.holds for one in findings.measures)
    if missed:
        yield f"[bold red]{missed} of {len(findings.measures)} measures miss their target.[/]"
    elif findings.hold:
        yield "[bold green]Every target is reached.[/]"


def _mark(one: Measure) -> str:
    if one.target is None:
        return "[dim]·[/dim]"
    return "[green]✓[/green]" if one.holds else "[red]✗[/red]"


def _figure(value: float, unit: str) -> str:
    return f"{value:.2f} ×" if unit == "ratio" else f"{value:,.{0 if value >= 100 else 2}f} {unit}"


def _target(one: Measure) -> str:
    if one.target is None:
        return ""
    return f"{'≥' if one.at_least is not None else '≤'} {_figure(one.target, one.unit)}"
