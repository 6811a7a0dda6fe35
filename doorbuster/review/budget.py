"""The verdict on a statement: what it cost in a small and in a large shop, held against its budget.

What may be wrong, and when: more buffers or rows than its `-- cost:` line says; a table of ten thousand rows or more
read from end to end; far more rows examined than returned; work that grows with the shop; a spill to disk; a generic
plan that is wrong for a common value. An estimate that is off by a factor of ten is a warning.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from doorbuster.review.catalogue import Subject
from doorbuster.review.findings import Finding, Level
from doorbuster.review.plans import Failed, Node, Run

SCAN_ROWS_MAX = 10_000
EXAMINED_MIN = 1_000
EXAMINED_PER_ROW_MAX = 20
EXAMINED_PER_BUFFER_MAX = 10
LIMIT = re.compile(r"\bLIMIT\s+(\d+)", re.IGNORECASE)
FULL_PAGE_BUFFERS = 12
LIMIT_MIN = 100
GROWTH_MAX = 4.0
GROWTH_BUFFERS_MIN = 200
Q_ERROR_WARNING = 10.0
GENERIC_TIMES_MAX = 10.0
GENERIC_BUFFERS_MIN = 500


@dataclass(frozen=True, slots=True)
class Breach:
    """One part of the budget that does not hold, in words, and the run that shows it."""

    part: str
    level: Level
    words: str
    run: Run
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """A statement, its runs in the small and in the large shop, and what is wrong with it."""

    subject: Subject
    small: tuple[Run, ...]
    large: tuple[Run, ...]
    refused: tuple[Failed, ...]
    breaches: tuple[Breach, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def worst(self) -> Run | None:
        """Return the run that touched most; a generic plan counts only where PostgreSQL would choose it."""
        runs = [run for run in self.large if not run.generic]
        return max(runs, key=lambda run: (run.buffers, run.milliseconds), default=None)

    @property
    def holds(self) -> bool:
        """Say whether the budget holds: warnings do not break it."""
        levels = [*(each.level for each in self.breaches), *(each.level for each in self.findings)]
        return Level.BREACH not in levels


def judge(subject: Subject, small: Sequence[Run], large: Sequence[Run]) -> list[Breach]:
    """Return what does not hold, the worst case of each part once."""
    found: dict[str, Breach] = {}
    for run in large:
        before = next((each for each in small if (each.case, each.generic) == (run.case, run.generic)), None)
        for breach in _breaches(subject, run, before):
            known = found.get(breach.part)
            if known is None or breach.run.buffers > known.run.buffers:
                found[breach.part] = breach
    if wrong := _generic(large):
        found["generic plan"] = wrong
    return list(found.values())


def _breaches(subject: Subject, run: Run, before: Run | None) -> Iterator[Breach]:
    if run.generic:
        return
    cost = subject.query.cost
    # A row that finds its page full touches a few more: that is chance, and no plan's fault.
    allowed = cost.buffers + (FULL_PAGE_BUFFERS if writes(run.root) else 0)
    if subject.budgeted and run.buffers > allowed:
        yield _breach("buffers", f"touches {run.buffers:,} buffers, its budget is {cost.buffers:,}", run)
    if subject.budgeted and run.rows > max(cost.rows, 1):
        yield _breach("rows", f"returns {run.rows:,.0f} rows, its budget is {cost.rows:,}", run)
    yield from _work(subject, run)
    if run.spilled and not cost.grows:
        yield _breach("spill", f"spills {run.spilled * 8:,} KB to disk", run)
    if before is not None and not cost.grows:
        yield from _growth(subject, run, before)
    off, node = run.misjudged
    if off >= Q_ERROR_WARNING and not cost.grows:
        words = f"{node.label}: {node.estimated:,.0f} rows expected, {node.rows:,.0f} came"
        yield Breach("estimate", Level.WARNING, words, run, {"q_error": off})


def _work(subject: Subject, run: Run) -> Iterator[Breach]:
    cost = subject.query.cost
    for table, rows in run.scanned.items():
        if rows >= max(SCAN_ROWS_MAX, 2 * run.rows) and table not in cost.scans and not cost.grows:
            yield _breach("scan", f"reads {table} from end to end ({rows:,} rows)", run)
    allowed = max(
        EXAMINED_MIN, EXAMINED_PER_ROW_MAX * run.rows, EXAMINED_PER_BUFFER_MAX * cost.buffers * subject.budgeted
    )
    if run.examined > allowed and not cost.grows:
        words = f"examines {run.examined:,.0f} rows to return {run.rows:,.0f}"
        yield _breach("examined", words, run)


def _growth(subject: Subject, run: Run, before: Run) -> Iterator[Breach]:
    """A shop ten times as large may cost a level of an index more, not a multiple; what is returned may grow it.

    What has come to a LIMIT of its own in the large shop will not grow on.
    """
    limits = {int(number) for number in LIMIT.findall(subject.query.sql)}
    if any(node.kind == "Limit" and node.rows >= LIMIT_MIN and int(node.rows) in limits for node in run.root.all()):
        return
    budget = subject.query.cost.buffers if subject.budgeted else 0
    times = run.buffers / max(before.buffers, 1)
    more_rows = max(1.0, run.rows / max(before.rows, 1.0))
    still_fits = budget and run.buffers * 10 <= budget * 4
    if run.buffers >= GROWTH_BUFFERS_MIN and times / more_rows > GROWTH_MAX and not still_fits:
        words = f"grows with the shop: {before.buffers:,} buffers, then {run.buffers:,} with ten times the rows"
        yield _breach("growth", words, run)


def _generic(large: Sequence[Run]) -> Breach | None:
    """Find a generic plan that PostgreSQL would choose and that is far worse for one of the cases.

    PostgreSQL takes it when its estimated cost is below the average of five custom plans (plancache.c,
    choose_custom_plan).
    """
    custom = {run.case: run for run in large if not run.generic}
    generic = [run for run in large if run.generic and run.case in custom]
    if not generic or not custom:
        return None
    average = sum(run.root.cost for run in custom.values()) / len(custom)
    for run in generic:
        usual = custom[run.case]
        chosen = run.root.cost < average
        if chosen and run.buffers > max(GENERIC_BUFFERS_MIN, GENERIC_TIMES_MAX * usual.buffers):
            words = (
                f"for a {run.case} value the generic plan touches {run.buffers:,} buffers, its own {usual.buffers:,}"
            )
            return _breach("generic plan", words, run)
    return None


def writes(root: Node) -> bool:
    """Say whether a plan writes."""
    return any(node.label.startswith(("Insert", "Update", "Delete", "Merge")) for node in root.all())


def costly_step(root: Node) -> Node:
    """Return the step of a plan that touches most by itself; with nothing touched, the one that examines most."""
    return max(root.all(), key=lambda node: (node.own_buffers, node.examined))


def _breach(part: str, words: str, run: Run) -> Breach:
    figures = {
        "buffers": float(run.buffers),
        "milliseconds": run.milliseconds,
        "examined": run.examined,
        "rows": run.rows,
    }
    return Breach(part, Level.BREACH, words, run, figures)
