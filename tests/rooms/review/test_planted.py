"""Every planted mistake is named with its cure, and nothing of the shop's own is scolded."""

from doorbuster.database.pool import own_connection
from doorbuster.review import catalogue
from doorbuster.review.findings import Level
from doorbuster.review.reviewer import open_shop, review_all
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
        subjects = catalogue.house_subjects()
        shop = await open_shop(large, own=True)
        verdicts = await review_all(subjects, shop, await open_shop(small, own=True), quiet)
    found = [finding for verdict in verdicts for finding in verdict.findings]
    found += [*judge_schema(shop.schema, subjects), *judge_sources(subjects)]

    assert len(verdicts) > 150
    assert not [(each.rule, each.subject, each.message) for each in found if each.level == Level.BREACH]
    assert not [each.rule for each in found if each.rule in {"duplicate_index", "redundant_index", "twin_query"}]
