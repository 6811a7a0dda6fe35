"""What a run of chaos says: on the terminal while it goes on, as a table at the end, as JSON for programs."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.table import Table

from doorbuster.drill.chaos.cycles import Cycle, Run


def line(cycle: Cycle, of: int) -> str:
    """Return one cycle in a line."""
    verdict = "held" if not cycle.violations else f"BROKEN: {'; '.join(cycle.violations)}"
    where = f"{cycle.fault:24} at {cycle.step:10} back after {cycle.recovery_seconds:5.2f} s"
    return f"{cycle.number + 1:5}/{of}  {where}  {verdict}"


def by_fault(cycles: Sequence[Cycle]) -> dict[str, list[Cycle]]:
    """Return the cycles of each fault."""
    found: dict[str, list[Cycle]] = defaultdict(list)
    for cycle in cycles:
        found[cycle.fault].append(cycle)
    return dict(found)


def bound(run: Run) -> float:
    """Return below which share of cycles violations lie with 95 % confidence, when none was seen (rule of three)."""
    return 3 / len(run.cycles)


def table(run: Run) -> Table:
    """Return what each fault did."""
    shown = Table("fault", "cycles", "violations", "back after (median)", "at the most")
    for name, cycles in by_fault(run.cycles).items():
        seconds = [cycle.recovery_seconds for cycle in cycles]
        wrong = sum(len(cycle.violations) for cycle in cycles)
        shown.add_row(name, str(len(cycles)), str(wrong), f"{median(seconds):.2f} s", f"{max(seconds):.2f} s")
    return shown


def document(run: Run) -> dict[str, Any]:
    """Return a run for programs."""
    return {
        "seed": run.seed,
        "cycles": len(run.cycles),
        "violations": run.violations,
        "bound": bound(run) if run.cycles and not run.violations else None,
        "orders": run.orders,
        "retries": run.retries,
        "faults": {
            name: {
                "cycles": len(cycles),
                "violations": sum(len(cycle.violations) for cycle in cycles),
                "recovery_seconds": [round(cycle.recovery_seconds, 3) for cycle in cycles],
            }
            for name, cycles in by_fault(run.cycles).items()
        },
    }
