"""What each statement really costs, held against its budget and against the last review. Looks only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.metrics import Family
from doorbuster.review.catalogue import Subject, house_subjects
from doorbuster.review.remembered import Remembered, recall
from doorbuster.review.routes import METRIC, routes_of
from doorbuster.web.pages import show

CALLS, ROWS = "doorbuster_query_calls_total", "doorbuster_query_rows_total"
FAULTS, SECONDS = "doorbuster_query_faults_total", "doorbuster_query_duration_seconds"
DRIFT_TIMES = 10.0
DRIFT_MS_MIN = 20.0
"""A call that waits for a lock or a busy machine may take longer than alone; ten times and 20 ms are worth a look."""


@dataclass(frozen=True, slots=True)
class Line:
    """One statement since the oldest process began: its calls, the mean of what they took and returned, the verdict."""

    name: str
    where: str
    why: str
    calls: int
    faults: int
    milliseconds: float
    rows: float
    rows_budget: int
    reviewed: Remembered | None

    @property
    def seconds(self) -> float:
        """Return the time of all calls together."""
        return self.calls * self.milliseconds / 1000

    @property
    def verdict(self) -> str:
        """Say how it stands: "over budget", "drifted", "failing" or "as reviewed"; "never reviewed" before a review."""
        if self.rows > max(self.rows_budget, 1):
            return "over budget"
        if self.faults * 20 > self.calls:
            return "failing"
        if self.reviewed is None:
            return "never reviewed"
        slow = self.milliseconds > max(DRIFT_MS_MIN, DRIFT_TIMES * self.reviewed.milliseconds)
        return "drifted" if slow else "as reviewed"


async def queries_index(request: Request) -> Response:
    """Show every statement that was called, those that took most time first."""
    house = house_of(request)
    totals = house.collector.totals()
    lines = lines_of(totals, _subjects(), recall(house.settings.home))
    routes = [route for route in routes_of(totals.get(METRIC)) if route.mean]
    return show(
        request,
        "control/queries.html",
        operator=operator_of(request),
        lines=lines,
        total=sum(line.seconds for line in lines),
        routes=sorted(routes, key=lambda route: (route.holds, -route.mean)),
        odd=[line for line in lines if line.verdict not in {"as reviewed", "never reviewed"}],
    )


def lines_of(
    totals: Mapping[str, Family], subjects: Iterable[Subject], reviewed: Mapping[str, Remembered]
) -> list[Line]:
    """Join what the processes counted with the statements' budgets and the last review."""
    calls, rows, faults = (_by_query(totals.get(name)) for name in (CALLS, ROWS, FAULTS))
    seconds = _by_query(totals.get(SECONDS))
    found = []
    for subject in subjects:
        name = subject.name
        if count := calls.get(name, 0.0):
            each = seconds.get(name, 0.0) / count * 1000
            found.append(
                Line(
                    name, f"{subject.query.source}:{subject.line}", subject.query.why, int(count),
                    int(faults.get(name, 0.0)), each, rows.get(name, 0.0) / count, subject.query.cost.rows,
                    reviewed.get(name),
                )
            )  # fmt: skip
    return sorted(found, key=lambda line: line.seconds, reverse=True)


def _by_query(family: Family | None) -> dict[str, float]:
    """Add up a metric over its other labels; a histogram's value is the sum of what it saw."""
    summed: dict[str, float] = {}
    for series in family.series if family else ():
        summed[series.labels[0]] = summed.get(series.labels[0], 0.0) + series.value
    return summed


@lru_cache(maxsize=1)
def _subjects() -> tuple[Subject, ...]:
    return tuple(house_subjects())
