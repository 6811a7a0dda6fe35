"""A plan as PostgreSQL explains it, as a tree that can be kept, and drawn as text with its costly step marked.

Promises: pure; at most STEPS_MAX steps, each with short words; figures are PostgreSQL's estimates.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar

import msgspec

STEPS_MAX = 60
CONDITION_CHARACTERS_MAX = 160
HERE = "  ← here"
"""Stands at the end of the line of the step that costs most."""
_CONDITIONS = ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter", "Sort Key")


class Branching(Protocol):
    """A step of a plan with those that feed it."""

    @property
    def children(self) -> Sequence[Self]:
        """The steps below it."""


T = TypeVar("T", bound=Branching)


class Step(msgspec.Struct, frozen=True):
    """One step as it was planned: `rows` it hands on, `cost` of it and all below in PostgreSQL's units, conditions."""

    label: str
    rows: float
    cost: float
    conditions: tuple[str, ...] = ()
    children: tuple["Step", ...] = ()

    @property
    def own_cost(self) -> float:
        """Return what the step costs by itself."""
        return max(0.0, self.cost - sum(child.cost for child in self.children))


def step_of(plan: Mapping[str, Any]) -> Step:
    """Return a plan (EXPLAIN's JSON, from its first node on) as steps; what is deeper than STEPS_MAX is left out."""
    left = STEPS_MAX

    def read(node: Mapping[str, Any]) -> Step:
        nonlocal left
        left -= 1
        conditions = tuple(_condition(name, node[name]) for name in _CONDITIONS if name in node)
        below = tuple(read(child) for child in node.get("Plans", ()) if left > 0)
        return Step(label_of(node), float(node["Plan Rows"]), float(node["Total Cost"]), conditions, below)

    return read(plan)


def label_of(node: Mapping[str, Any]) -> str:
    """Return what a step does and to what: "Seq Scan products", "Index Scan orders by orders_pkey"."""
    where = node.get("Relation Name") or node.get("Function Name") or node.get("CTE Name") or ""
    by = f" by {node['Index Name']}" if "Index Name" in node else ""
    doing = node.get("Operation", "") if node["Node Type"] == "ModifyTable" else node["Node Type"]
    return f"{doing} {where}{by}".strip()


def outline(root: T, costly: T) -> list[tuple[int, T, bool]]:
    """Return a plan's steps from the top with their depth, and whether each is the costly one."""

    def below(step: T, depth: int) -> Iterator[tuple[int, T, bool]]:
        yield depth, step, step is costly
        for child in step.children:
            yield from below(child, depth + 1)

    return list(below(root, 0))


def costliest(root: Step) -> Step:
    """Return the step that costs most by itself."""
    return max((step for _, step, _ in outline(root, root)), key=lambda step: step.own_cost)


def as_text(root: Step) -> str:
    """Return the plan as a tree of lines; the costly step is marked, and says by what it chooses its rows."""
    lines: list[str] = []
    for depth, step, here in outline(root, costliest(root)):
        indent = "   " * (depth - 1) + "└─ " if depth else ""
        figures = f"{step.rows:,.0f} rows, cost {step.cost:,.0f}"
        lines.append(f"{indent}{step.label}  ({figures}){HERE if here else ''}")
        lines += [f"{'   ' * (depth + 1)}{each}" for each in step.conditions if here]
    return "\n".join(lines)


def _condition(name: str, value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{name}: {text[:CONDITION_CHARACTERS_MAX]}{'…' if len(text) > CONDITION_CHARACTERS_MAX else ''}"
