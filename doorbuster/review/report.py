"""The review in a terminal: a line for each query, a tree for each breach, what to do at the end."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from doorbuster.review.budget import Verdict, costly_step
from doorbuster.review.findings import Finding, Level
from doorbuster.review.plans import Node
from doorbuster.review.result import Result

COLOURS = {Level.BREACH: "bold red", Level.WARNING: "yellow"}


def show(console: Console, result: Result) -> None:
    """Print the table, the plans of what is in breach, the findings and the verdict."""
    if result.verdicts:
        console.print(_table(result.verdicts))
    for verdict in result.verdicts:
        if not verdict.holds and verdict.worst is not None:
            run = max((each.run for each in verdict.breaches), key=lambda each: each.buffers, default=verdict.worst)
            console.print(plan_tree(f"{verdict.subject.name}, {run.case} value", run.root))
    for finding in result.all_findings():
        show_finding(console, finding)
    for note in result.notes:
        console.print(f"[dim]{note}[/]")
    console.print(conclusion(result), style="green" if result.holds else "bold red", highlight=False)


BUDGET = "of"
COLUMNS = ("query", "file", "case", "ms", "buffers", BUDGET, "rows", BUDGET, "verdict")


def conclusion(result: Result) -> str:
    """Return the verdict in one line."""
    found = result.all_findings()
    breaches = sum(each.level == Level.BREACH for each in found)
    what = f"{len(result.verdicts)} statements" + (f" at {result.orders:,} orders" if result.orders else "")
    idle = sum(not verdict.large for verdict in result.verdicts)
    what += f", {idle} of them not run" if idle else ""
    said = "nothing is in breach" if not breaches else f"{breaches} in breach"
    warnings = len(found) - breaches
    return f"{what}: {said}, {warnings} warning{'' if warnings == 1 else 's'} ({result.seconds:.0f} s)"


def _table(verdicts: Sequence[Verdict]) -> Table:
    """Return the table of statements; budgets have columns where there are any."""
    budgeted = any(verdict.subject.budgeted for verdict in verdicts)
    table = Table(box=None, pad_edge=False)
    for number, name in enumerate(COLUMNS):
        if budgeted or name != BUDGET:
            table.add_column(name, no_wrap=number not in {1, 8}, justify="right" if number in range(3, 8) else "left")
    for verdict in verdicts:
        cells = zip(COLUMNS, _line(verdict), strict=True)
        table.add_row(*(cell for name, cell in cells if budgeted or name != BUDGET))
    return table


def _line(verdict: Verdict) -> tuple[str | Text, ...]:
    query, worst = verdict.subject.query, verdict.worst
    budget = (f"{query.cost.buffers:,}", f"{query.cost.rows:,}") if verdict.subject.budgeted else ("", "")
    where = f"{query.source.removeprefix('doorbuster/')}:{verdict.subject.line}" if verdict.subject.line else ""
    if worst is None:
        reason = verdict.refused[0].reason if verdict.refused else "not run"
        return query.name, where, "", "", "", budget[0], "", budget[1], Text(f"refused: {reason}"[:60], "dim")
    warned = bool(verdict.breaches or verdict.findings)
    said = (
        Text("breach", "bold red")
        if not verdict.holds
        else Text("warning", "yellow")
        if warned
        else Text("ok", "green")
    )
    figures = f"{worst.milliseconds:,.1f}", f"{worst.buffers:,}", budget[0], f"{worst.rows:,.0f}", budget[1]
    return query.name, where, worst.case, *figures, said


def plan_tree(title: str, root: Node) -> Tree:
    """Return a plan as a tree; the step that touches most is marked."""
    costly = costly_step(root)
    tree = Tree(Text(title, "bold"))
    _grow(tree, root, costly)
    return tree


def _grow(tree: Tree, node: Node, costly: Node) -> None:
    figures = f"{node.rows:,.0f} rows of {node.estimated:,.0f} expected × {node.loops:,.0f}, {node.buffers:,} buffers"
    words = Text(f"{node.label}  ", "bold red" if node is costly else "")
    words.append(figures, "red" if node is costly else "dim")
    if node.removed:
        words.append(f", {node.removed:,.0f} thrown away", "red" if node is costly else "dim")
    if node is costly:
        words.append("  ← here", "bold red")
    branch = tree.add(words)
    if node is costly and node.conditions:
        branch.add(Text(node.conditions, "dim"))
    for child in node.children:
        _grow(branch, child, costly)


def show_finding(console: Console, finding: Finding) -> None:
    """Print one finding: what, where, why, what to do."""
    where = f" {finding.file}:{finding.line}" if finding.file and finding.line else ""
    console.print(
        Text(f"{finding.level} ", COLOURS[finding.level]) + Text(f"{finding.rule} {finding.subject}{where}", "bold")
    )
    console.print(Text(f"  {finding.message}"))
    console.print(Text(f"  → {finding.remedy}"))
    if finding.sql:
        console.print(Text(f"    {finding.sql}", "cyan"))
