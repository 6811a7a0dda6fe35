"""Every planted mistake is named with its cure, and nothing of the shop's own is scolded."""

from doorbuster.database.pool import own_connection
from doorbuster.review import catalogue
from doorbuster.review.findings import Level
from doorbuster.review.inside import review_inside
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
