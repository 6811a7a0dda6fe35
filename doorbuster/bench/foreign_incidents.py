"""Reads other people's recorded incidents into one shape: metrics before, metrics since, who calls whom, the culprit.

The folders are as their publishers left them; what is odd about each is said where it is met.
"""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

STEP_SECONDS = 300
BEFORE_SECONDS = 1_800
AFTER_SECONDS = 240

Columns = Mapping[tuple[str, str], Sequence[float]]
"""Component and metric -> the values that are there, oldest first."""


@dataclass(frozen=True)
class Incident:
    """One incident; `harm` names the metric that grows when it hurts, `requests` the one that says how often."""

    before: Columns
    after: Columns
    calls: Mapping[str, Sequence[str]]
    harm: str
    requests: str
    culprit: str

    @cached_property
    def components(self) -> frozenset[str]:
        """Return everything that was measured since."""
        return frozenset(component for component, _ in self.after)


def petshop(folder: Path) -> Iterator[Incident]:
    """Yield the incidents of one traffic level; the quiet days beside them are the time before."""
    calls = _matrix(folder / "graph.csv")
    before = _petshop_columns(folder / "noissue" / "metrics.csv.gz", 0)
    for target in sorted(folder.glob("*/issue_*/target.json")):
        facts = json.loads(target.read_text())
        after = _petshop_columns(target.with_name("metrics.csv.gz"), int(facts["target"]["timestamp"]))
        harm = f"{facts['target']['metric']} {facts['target']['agg']}"
        yield Incident(before, after, calls, harm, "requests Sum", facts["root_cause"]["node"])


def nezha(folder: Path) -> Iterator[Incident]:
    """Yield the faults of one day: half an hour before each, four minutes since."""
    day = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    pods = {path.name.removesuffix("_metric.csv.gz"): _rows(path) for path in (day / "metric").glob("*_metric.csv.gz")}
    calls = _edges(day / "metric" / "dependency.csv.gz", list(pods))
    faults = json.loads((day / "fault_list.json").read_text())
    for fault in (fault for hour in faults.values() for fault in hour):
        # The timestamps beside these times are hours early in one of the two shops.
        at = datetime.fromisoformat(fault["inject_time"]).replace(tzinfo=UTC).timestamp()
        before = _nezha_columns(pods, at - BEFORE_SECONDS, at)
        after = _nezha_columns(pods, at, at + AFTER_SECONDS)
        yield Incident(before, after, calls, "PodServerLatencyP90(s)", "PodWorkload(Ops)", fault["inject_pod"])


def _petshop_columns(path: Path, since: int) -> Columns:
    with gzip.open(path, "rt", newline="") as file:
        components, metrics, statistics, _, *rows = csv.reader(file)
    found: dict[tuple[str, str], list[float]] = {}
    for at in range(1, len(components)):
        values = [float(row[at]) for row in rows if row[at] and float(row[0]) >= since - STEP_SECONDS]
        # An availability of 100 % is no harm at all.
        harm = [100.0 - value for value in values] if metrics[at] == "availability" else values
        found[components[at], f"{metrics[at]} {statistics[at]}"] = harm
    return {key: values for key, values in found.items() if values}


def _matrix(path: Path) -> dict[str, list[str]]:
    with path.open(newline="") as file:
        heading, *rows = csv.reader(file)
    names = heading[1:]
    return {row[0]: [name for name, cell in zip(names, row[1:], strict=True) if cell and float(cell)] for row in rows}


def _edges(path: Path, pods: Sequence[str]) -> dict[str, list[str]]:
    if not path.exists():
        return {}
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows(path):
        called = [pod for pod in pods if pod.startswith(f"{row['Target']}-")]
        for caller in (pod for pod in pods if pod.startswith(f"{row['Source']}-")):
            found[caller] += called
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def _nezha_columns(pods: Mapping[str, Sequence[Mapping[str, str]]], since: float, until: float) -> Columns:
    columns: dict[tuple[str, str], list[float]] = defaultdict(list)
    for pod, rows in pods.items():
        for row in rows:
            if since <= datetime.fromisoformat(row["Time"][:19]).replace(tzinfo=UTC).timestamp() < until:
                for metric, value in row.items():
                    # A node's load is shared by its pods and names none of them.
                    if value and metric not in ("Time", "TimeStamp", "PodName") and not metric.startswith("Node"):
                        columns[pod, metric].append(float(value))
    return columns
