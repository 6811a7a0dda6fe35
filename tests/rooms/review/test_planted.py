"""Every planted mistake is named with its cure, and nothing of the shop's own is scolded."""

from dataclasses import replace

from doorbuster.database.pool import own_connection
from doorbuster.database.queries import Cost, Query
from doorbuster.review import catalogue
from doorbuster.review.findings import Level
from doorbuster.review.inside import review_inside
from doorbuster.review.reviewer import open_shop, review_all, review_statement
from doorbuster.review.whole import judge_schema, judge_sources
from tests.planted_queries.__main__ import grade_all


def quiet(_: str) -> None: ...


async def test_the_review_names_every_planted_mistake_and_its_cure(shops: tuple[str, str]) -> None:
    grades = await grade_all(*shops, quiet, timed=False)

    assert len(grades) >= 60
    assert not [(each.name, each.said) for each in grades if not each.caught]


async def test_the_review_finds_nothing_wrong_with_the_shop(shops: tuple[str, str]) -> None:
    async with (
        own_connection(shops[0], application="test") as small,
        own_connection(shops[1], application="test") as large,
    ):
        for each in (small, large):  # what planted writes left behind when they were rolled back is swept up first
            await each.execute("VACUUM")
        subjects = catalogue.house_subjects()
        shop = await open_shop(large, own=True)
        little = await open_shop(small, own=True)
        verdicts = await review_all(subjects, shop, little, quiet)
        inside = await review_inside(subjects, shop, little, quiet)
    found = [finding for verdict in [*verdicts, *inside.verdicts] for finding in verdict.findings]
    found += [*judge_schema(shop.schema, subjects), *judge_sources(subjects)]

    assert len(verdicts) > 150
    assert len(inside.verdicts) > 120
    assert not [(each.rule, each.subject, each.message) for each in found if each.level == Level.BREACH]
    assert not [each.rule for each in found if each.rule in {"duplicate_index", "redundant_index", "twin_query"}]


async def test_dead_rows_of_rolled_back_writes_are_not_held_against_a_statement(shops: tuple[str, str]) -> None:
    sql = "SELECT id FROM sales WHERE title = $1 LIMIT 200"
    subject = catalogue.Subject(Query("titled", "a list", Cost(200, 60), sql, (), "titled.sql"), 1)
    async with own_connection(shops[1], application="test") as large:
        for _ in range(20):
            writing = large.transaction()
            await writing.start()
            await large.execute("UPDATE sales SET description = repeat('x', 900)")
            await writing.rollback()
        shop = await open_shop(large, own=True)
        unswept = await review_statement(subject, replace(shop, own=False))
        swept = await review_statement(subject, shop)

    assert [each.level for each in unswept.breaches] == [Level.BREACH]
    assert not swept.breaches
