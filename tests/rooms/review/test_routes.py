"""Statements a request: counted where they are sent, judged by route."""

import asyncio

from doorbuster.database import Database, Query, tally
from doorbuster.database.queries import Cost
from doorbuster.metrics import Family, Series
from doorbuster.review.routes import BOUNDS, METRIC, routes_of

ONE = Query("one", "a statement", Cost(1, 0), "SELECT 1 AS one", ())


async def test_a_request_counts_its_own_statements_and_those_of_its_tasks(database: Database) -> None:
    async def request(statements: int) -> int:
        counted = tally.begin()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(statements):
                tasks.create_task(database.fetch(ONE))
        return counted[0]

    assert await asyncio.gather(request(1), request(4)) == [1, 4]


def test_a_route_that_asks_for_each_row_is_over_its_budget() -> None:
    frugal = tuple(10 if place == 2 else 0 for place in range(len(BOUNDS) + 1))
    greedy = tuple(1 if place == len(BOUNDS) else 0 for place in range(len(BOUNDS) + 1))
    family = Family(METRIC, "histogram", "", ("plane", "route"), (
        Series(("shop", "/cart"), 20.0, frugal, 10), Series(("shop", "/checkout"), 51.0, greedy, 1),
    ), BOUNDS)  # fmt: skip

    assert [(route.path, route.most, route.holds) for route in routes_of(family)] == [
        ("/cart", 2.0, True),
        ("/checkout", float("inf"), False),
    ]
