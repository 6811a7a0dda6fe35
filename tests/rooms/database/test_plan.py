"""A plan is kept as a tree of few steps, and drawn as text with the step that costs most marked."""

from doorbuster.database import Database, QueryFile
from doorbuster.database.plan import HERE, STEPS_MAX, Step, as_text, costliest, outline, step_of

SCAN = {
    "Node Type": "Seq Scan",
    "Relation Name": "products",
    "Plan Rows": 400,
    "Total Cost": 900.0,
    "Filter": "(a = $1)",
}
SORT = {"Node Type": "Sort", "Plan Rows": 400, "Total Cost": 950.0, "Sort Key": ["id", "title"], "Plans": [SCAN]}
LIMIT = {"Node Type": "Limit", "Plan Rows": 24, "Total Cost": 951.0, "Plans": [SORT]}


def test_the_step_that_costs_most_by_itself_is_marked_and_says_by_what_it_chooses() -> None:
    assert as_text(step_of(LIMIT)).splitlines() == [
        "Limit  (24 rows, cost 951)",
        "└─ Sort  (400 rows, cost 950)",
        f"   └─ Seq Scan products  (400 rows, cost 900){HERE}",
        "         Filter: (a = $1)",
    ]


def test_a_list_of_keys_is_written_in_one_line() -> None:
    assert step_of(SORT).conditions == ("Sort Key: id, title",)


def test_of_a_very_large_plan_only_so_many_steps_are_kept() -> None:
    plan = SCAN
    for _ in range(500):
        plan = {"Node Type": "Append", "Plan Rows": 1, "Total Cost": 1.0, "Plans": [plan, SCAN]}

    assert len(outline(step_of(plan), None)) <= STEPS_MAX  # type: ignore[type-var]


def test_a_step_that_is_cheaper_than_what_feeds_it_costs_nothing_by_itself() -> None:
    child = Step("Seq Scan a", 1.0, 100.0)

    assert Step("Limit", 1.0, 1.0, children=(child,)).own_cost == 0.0
    assert costliest(Step("Limit", 1.0, 1.0, children=(child,))) is child


async def test_a_plan_of_postgresql_itself_is_read(database: Database) -> None:
    queries = QueryFile("doorbuster.catalogue", "search.sql")
    step = step_of((await database.plan(queries.search_products))[0]["Plan"])

    assert as_text(step).count(HERE) == 1
