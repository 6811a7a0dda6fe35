"""How many statements a route may send for one request, and which send more: N+1 as it shows from outside.

Every process counts them by route (`doorbuster_http_request_statements`), so the same judgement is passed on the tests'
shop and on the real one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from doorbuster.metrics import Family

METRIC = "doorbuster_http_request_statements"
BOUNDS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)
STATEMENTS_MAX = 6
MORE: Mapping[str, int] = {
    "/": 8,
    "/orders/{id:uuid}": 8,
    "/sales/{id:uuid}": 10,
    "/sales/{id:uuid}/edit": 15,
    "/sales": 15,
    "/payments": 8,
}
"""Routes of the control room and the home page that ask more: a handful, not one for each row."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route's requests, and the statements they sent: the mean, and a bound that none has passed."""

    plane: str
    path: str
    requests: int
    mean: float
    most: float

    @property
    def budget(self) -> int:
        """Return how many statements one request may send."""
        return MORE.get(self.path, STATEMENTS_MAX)

    @property
    def holds(self) -> bool:
        """Say whether no request has sent more."""
        return self.most <= self.budget


def routes_of(family: Family | None) -> Iterator[Route]:
    """Yield the routes that were asked for, from the counts of all processes."""
    for series in family.series if family else ():
        if series.count:
            filled = max(place for place, number in enumerate(series.buckets) if number)
            most = family.bounds[filled] if family and filled < len(family.bounds) else float("inf")
            yield Route(series.labels[0], series.labels[1], series.count, series.value / series.count, most)
