"""Plants each mistake, reviews, and says whether the right rule with the right cure came out."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorbuster.database.queries import Cost, Query
from doorbuster.review import indexes, migrations
from doorbuster.review.catalogue import Subject, house_subjects, subjects_of
from doorbuster.review.code import Source, judge_code, judge_twins
from doorbuster.review.findings import Finding
from doorbuster.review.reviewer import open_shop, review_statement
from doorbuster.review.schema import read_schema
from tests.planted_queries.around import CODE, MIGRATIONS, TWINS, PlantedText
from tests.planted_queries.indexes import INDEXES, PlantedIndex
from tests.planted_queries.statements import STATEMENTS, Planted

WAIT_SECONDS_OF_PLANTED = 0.3


@dataclass(frozen=True)
class Grade:
    """A planted mistake, whether it was named with its cure, and what was said."""

    name: str
    rule: str
    caught: bool
    said: tuple[str, ...]


def grade(name: str, rule: str, cure: str, found: Iterable[Finding]) -> Grade:
    """Look for the rule and its cure among what was found."""
    findings = list(found)
    caught = any(each.rule == rule and re.search(cure, f"{each.remedy} {each.sql}") for each in findings)
    return Grade(
        name, rule, caught, tuple(f"{each.rule}: {each.message} → {each.remedy} {each.sql}" for each in findings)
    )


async def grade_statement(planted: Planted, small, large) -> Grade:
    """Review a statement on both shops, each as it was made for it."""
    query = Query(planted.name, "planted", Cost(planted.rows, planted.buffers), planted.sql, (), "planted.sql")
    outer = [connection.transaction() for connection in (small, large)]
    for transaction, connection in zip(outer, (small, large), strict=True):
        await transaction.start()
        for statement in planted.before:
            await connection.execute(statement)
    try:
        shops = [await open_shop(connection, own=True) for connection in (large, small)]
        verdict = await review_statement(Subject(query, 1), *shops)
    finally:
        for transaction in outer:
            await transaction.rollback()
    said = verdict.findings or [
        Finding("nothing", "", "", "", 0, str(verdict.refused or (verdict.worst and verdict.worst.buffers)), "")
    ]
    return grade(planted.name, planted.rule, planted.cure, said)


async def grade_index(planted: PlantedIndex, connection) -> Grade:
    """Change the schema in a transaction and judge it."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        for statement in planted.before:
            await connection.execute(statement)
        schema = await read_schema(connection)
        bloat = {row["name"]: row["empty"] for row in await connection.fetch(indexes.SQL.bloat_of_indexes.sql)}
        found = [*indexes.judge_indexes(schema, used=True, bloat=bloat), *indexes.judge_tables(schema)]
    finally:
        await transaction.rollback()
    return grade(
        planted.name,
        planted.rule,
        planted.cure,
        [each for each in found if "unused" not in each.rule or each.subject == "planted"],
    )


async def grade_migration(planted: PlantedText, url: str, folder: Path) -> Grade:
    """Lint a migration and, for our own rules, apply it under load."""
    path = folder / "9000_planted.sql"
    path.write_text(planted.text)
    if planted.rule in {"long_lock", "refused_migration"}:
        found = list(
            migrations.judge_wait(str(path), await migrations.measure_waits(url, planted.text), WAIT_SECONDS_OF_PLANTED)
        )
    elif planted.rule == "column_in_use":
        named = [(subject.name, subject.query.sql) for subject in house_subjects()]
        found = list(migrations.columns_in_use(planted.text, named, str(path)))
    else:
        found = list(migrations.lint([path]))
    return grade(planted.name, planted.rule, planted.cure, found)


def grade_code(folder: Path) -> Sequence[Grade]:
    """Judge planted Python, and a statement with two names."""
    import ast

    grades = [
        grade(each.name, each.rule, each.cure, judge_code([Source("planted.py", ast.parse(each.text))]))
        for each in CODE
    ]
    path = folder / "twins.sql"
    path.write_text(TWINS)
    return [
        *grades,
        grade("one statement, two names", "twin_query", "use a", judge_twins(list(subjects_of(path, "twins.sql")))),
    ]


__all__ = [
    "INDEXES",
    "MIGRATIONS",
    "STATEMENTS",
    "Grade",
    "grade_code",
    "grade_index",
    "grade_migration",
    "grade_statement",
]
