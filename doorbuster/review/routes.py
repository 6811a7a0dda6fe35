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
SHOP: Mapping[str, int] = {
    "/": 6,
    "/artwork/{handle}.svg": 2,
    "/cart": 4,
    "/checkout": 6,
    "/collections": 3,
    "/collections/{handle}": 4,
    "/healthz": 0,
    "/holds/{id:uuid}": 3,
    "/notices/{id:uuid}/stop": 3,
    "/orders/{id:uuid}": 3,
    "/problems/{name}": 0,
    "/products/{handle}": 6,
    "/readyz": 3,
    "/sales": 4,
    "/sales/{handle}": 2,
    "/sales/{handle}/notices": 2,
    "/sales/{handle}/room": 2,
    "/sales/{handle}/room/draw": 4,
    "/sales/{handle}/room/link": 2,
    "/sales/{handle}/room/proof": 2,
    "/sales/{handle}/waiting": 2,
    "/search": 5,
    "/waiting/{id:uuid}": 3,
    "/api/v1/cart": 4,
    "/api/v1/cart/lines": 6,
    "/api/v1/collections": 3,
    "/api/v1/orders": 3,
    "/api/v1/orders/{id:uuid}": 3,
    "/api/v1/orders/{id:uuid}/payments": 4,
    "/api/v1/products": 3,
    "/api/v1/products/{handle}": 3,
    "/api/v1/sales": 4,
    "/api/v1/sales/{id:uuid}/holds": 2,
    "/api/v1/sales/{id:uuid}/room": 2,
    "/api/v1/sales/{id:uuid}/room/draw": 3,
    "/api/v1/sales/{id:uuid}/room/pass": 2,
    "/api/v1/sales/{id:uuid}/room/ticket": 2,
    "/api/v1/sales/{id:uuid}/room/tickets": 2,
    "/api/v1/sales/{id:uuid}/status": 2,
    "/api/v1/sales/{id:uuid}/waiting": 5,
    "/api/v1/waiting/{id:uuid}": 4,
}
"""Every page that shoppers look at and every route of the API: what was measured with much on the shelves, and two."""
MORE: Mapping[str, int] = {
    "/": 8,
    "/orders/{id:uuid}": 8,
    "/sales/{id:uuid}": 10,
    "/sales/{id:uuid}/edit": 15,
    "/sales": 15,
    "/payments": 8,
}
"""Routes of the control room that ask more: a handful, not one for each row."""


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
        return (SHOP if self.plane == "shop" else MORE).get(self.path, STATEMENTS_MAX)

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
