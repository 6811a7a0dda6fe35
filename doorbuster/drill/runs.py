"""What is kept of a drill when it is over: the verdict, the commit, and a curve by the second, as one JSON document.

Promises: a run can be compared with another one without playing either again; the history is bounded.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from doorbuster import __version__
from doorbuster.drill.answers import HONEST_NO, HONEST_WAIT
from doorbuster.drill.measures import Outcome, percentile
from doorbuster.drill.scenario import Scenario
from doorbuster.drill.verdict import Line, Verdict
from doorbuster.drill.witness import Mark
from doorbuster.errors import DoorbusterError, Misconfigured

HISTORY = "drills.jsonl"
HISTORY_LINES_MAX = 1_000
T = TypeVar("T")


class Second(msgspec.Struct, frozen=True):
    """One second of a drill, counted from the opening, by when requests were planned."""

    at: int
    asked: int
    good: int
    told: int
    """Told honestly, and in time, to wait or that it is sold out."""

    hurt: int
    p50: float
    p99: float
    sold: int = 0
    waits: dict[str, float] = {}
    """PostgreSQL's active sessions by wait class."""


class Measured(msgspec.Struct, frozen=True):
    """One measure of a run; `target` in words, `holds` None where nothing was expected or could be told."""

    name: str
    title: str
    unit: str
    value: float | None
    target: str = ""
    bound: float | None = None
    holds: bool | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that was played."""

    name: str
    title: str
    at: str
    """When it ended, RFC 3339."""

    commit: str
    holds: bool
    saturated: bool = False
    seed: int = 1
    shop: str = ""
    took_seconds: float = 0.0
    report: str = ""
    skipped: str = ""
    """Why it could not be played here; then nothing was measured."""

    measured: list[Measured] = []
    marks: list[Mark] = []
    seconds: list[Second] = []

    def value(self, name: str) -> float | None:
        """Return a measure's value, or None where it was not told."""
        return next((each.value for each in self.measured if each.name == name), None)

    @property
    def stamp(self) -> str:
        """Return when it ended as a name for files and addresses: 20240618T150000."""
        return self.at[:19].replace(":", "").replace("-", "")

    @property
    def missed(self) -> list[Measured]:
        """Return the expectations that were missed."""
        return [each for each in self.measured if each.holds is False]


def run_of(scenario: Scenario, outcome: Outcome, verdict: Verdict, at: str, *, seed: int, shop: str) -> Run:
    """Return what is kept of a drill; marks count from the opening too."""
    marks = [
        msgspec.structs.replace(
            mark, at=mark.at - outcome.opened_at, ended=None if mark.ended is None else mark.ended - outcome.opened_at
        )
        for mark in sorted(outcome.witness.marks, key=lambda mark: mark.at)
    ]
    return Run(
        name=scenario.name, title=scenario.title, at=at, commit=commit(), holds=verdict.holds,
        saturated=verdict.saturated, seed=seed, shop=shop, marks=marks, seconds=seconds_of(outcome),
        measured=[_measured(line) for line in (*verdict.expected, *verdict.others)],
    )  # fmt: skip


def seconds_of(outcome: Outcome) -> list[Second]:
    """Cut what the crowd saw into seconds from the opening."""
    asked: dict[int, list[tuple[float, str, bool]]] = {}
    for each in outcome.record.attempts:
        if each.kind not in ("Resent", "HungUp"):
            second = int((each.planned - outcome.opened_at) // 1)
            asked.setdefault(second, []).append((each.latency_seconds, each.kind, each.hurt))
    sold = {int((point.at - outcome.opened_at) // 1): point.sold for point in outcome.stock}
    waits: dict[int, list[dict[str, int]]] = {}
    for look in outcome.witness.waits:
        waits.setdefault(int((look.at - outcome.opened_at) // 1), []).append(look.by_class)
    found, last_sold = [], 0
    for at in range(min(asked, default=0), max(asked, default=0) + 1):
        last_sold = max(last_sold, sold.get(at, 0))
        found.append(_second(at, asked.get(at, []), last_sold, waits.get(at, [])))
    return found


def _second(at: int, seen: list[tuple[float, str, bool]], sold: int, looks: list[dict[str, int]]) -> Second:
    hurt = sum(was for _, _, was in seen)
    told = sum(kind in HONEST_NO | HONEST_WAIT and not was for _, kind, was in seen)
    latencies = [latency for latency, _, _ in seen]
    classes = {name for look in looks for name in look}
    return Second(
        at, len(seen), len(seen) - hurt - told, told, hurt, percentile(latencies, 0.5), percentile(latencies, 0.99),
        sold, {name: sum(look.get(name, 0) for look in looks) / len(looks) for name in sorted(classes)},
    )  # fmt: skip


def _measured(line: Line) -> Measured:
    bound = None if line.bound is None else line.bound.most if line.bound.most is not None else line.bound.least
    return Measured(line.name, line.title, line.unit, line.value, line.target, bound, line.holds)


def commit() -> str:
    """Return the commit this program is of, shortened, or its version where there is no repository."""
    folder = Path(__file__).parent
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(folder), "rev-parse", "--short=10", "HEAD"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)  # noqa: S603
        return done.stdout.strip()
    return __version__


def keep(run: Run, folder: Path) -> Path:
    """Write a run into a folder; return its path."""
    path = folder / f"{run.name}-{run.stamp}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(run), indent=1))
    except OSError as fault:
        raise DoorbusterError(f"the run cannot be written to {path}: {fault.strerror}") from fault
    return path


def read(path: Path) -> Run:
    """Read a run; raises Misconfigured when the file is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except OSError as fault:
        raise Misconfigured(f"the run {path} cannot be read: {fault.strerror}") from fault
    except msgspec.DecodeError as fault:
        raise Misconfigured(f"{path} is no run of a drill: {fault}") from None


def remember(run: Run, home: Path) -> None:
    """Add a run, without its curve, to the history in the shop's home; the oldest go when there are too many."""
    line = msgspec.json.encode(msgspec.structs.replace(run, seconds=[], marks=[]))
    path = home / HISTORY
    lines = [*path.read_bytes().splitlines()[-(HISTORY_LINES_MAX - 1) :], line] if path.exists() else [line]
    half_written = path.with_suffix(f".{os.getpid()}")
    half_written.write_bytes(b"\n".join(lines) + b"\n")
    half_written.replace(path)


def history(home: Path, name: str = "") -> list[Run]:
    """Return the remembered runs, the newest first, of one drill if named; a damaged line is left out."""
    path = home / HISTORY
    found: list[Run] = []
    for line in path.read_bytes().splitlines() if path.exists() else []:
        with contextlib.suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(line, type=Run))
    return [run for run in reversed(found) if not name or run.name == name]


def stopped_passing(run: Run, before: Iterable[Run]) -> bool:
    """Say whether a drill that passed the last time it was played does not any more."""
    last = next((each for each in before if each.name == run.name and not each.skipped), None)
    return not run.holds and not run.skipped and last is not None and last.holds
