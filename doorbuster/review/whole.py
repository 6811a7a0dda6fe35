"""A whole review: of the house on generated shops, or of somebody else's statements on somebody else's server."""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from doorbuster.database.pool import own_connection
from doorbuster.errors import Misconfigured
from doorbuster.review import catalogue, code, indexes, migrations
from doorbuster.review.budget import Verdict
from doorbuster.review.catalogue import Subject
from doorbuster.review.earlier import measure_new_migrations
from doorbuster.review.findings import Finding
from doorbuster.review.ground import Say, kept_shop, review_server
from doorbuster.review.inside import review_inside
from doorbuster.review.others import counted_subjects, hidden_statements
from doorbuster.review.result import Result
from doorbuster.review.reviewer import open_shop, review_all
from doorbuster.review.schema import Schema

SCHEMA_HINT = "; tables in a schema of their own are found with ?options=-csearch_path%3DSCHEMA at the URL's end"
TIMES = 10
"""The large shop has ten times the rows of the small one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be reviewed: only these names when there are any, and these files of migrations.

    `new_migrations` measures those of the house under load, which takes a while.
    """

    orders: int
    cache: Path
    only: frozenset[str] = frozenset()
    migrations: tuple[Path, ...] = ()
    new_migrations: bool = False


async def review_house(wish: Wish, say: Say) -> Result:
    """Review the house's statements, indexes, migrations and code on generated shops of the review's own server."""
    started = time.monotonic()
    result = Result(orders=wish.orders)
    with review_server(wish.cache) as url:
        async with AsyncExitStack() as stack:
            small_url = await stack.enter_async_context(kept_shop(url, wish.orders // TIMES, say))
            large_url = await stack.enter_async_context(kept_shop(url, wish.orders, say, base=wish.orders // TIMES))
            small, large = [
                await open_shop(
                    await stack.enter_async_context(own_connection(each, application="doorbuster review")), own=True
                )
                for each in (small_url, large_url)
            ]
            subjects = _wanted(catalogue.house_subjects(), wish.only)
            result.verdicts = await review_all(subjects, large, small, say)
            inside = await review_inside(subjects, large, small, say)
            result.verdicts += inside.verdicts
            if not wish.only:
                result.unseen = inside.unseen
            if not wish.only:
                result.findings = [*judge_schema(large.schema, subjects), *judge_sources(subjects)]
                await _migrations(result, wish, large_url, subjects, say)
                if wish.new_migrations:
                    _told_waits(result, await measure_new_migrations(url, small_url, say))
    _note(result)
    result.seconds = time.monotonic() - started
    return result


async def review_server_of(url: str, subjects: Sequence[Subject] | None, say: Say) -> Result:
    """Review statements on a server as it is; None takes those that the server has counted.

    Every statement runs in a transaction that is rolled back, for five seconds at the most.
    """
    started = time.monotonic()
    result = Result()
    async with own_connection(url, application="doorbuster review") as connection:
        asked = list(subjects) if subjects is not None else await counted_subjects(connection)
        shop = await open_shop(connection, own=False)
        result.verdicts = await review_all(asked, shop, None, say)
        if not any(verdict.large for verdict in result.verdicts):
            raise Misconfigured(f"no statement could be run on this server: {_reasons(result.verdicts)}")
        if subjects is None and (hidden := await hidden_statements(connection)):
            result.notes.append(hidden)
        bloat = {row["name"]: row["empty"] for row in await connection.fetch(indexes.SQL.bloat_of_indexes.sql)}
        result.findings = [
            *indexes.judge_indexes(shop.schema, used=True, bloat=bloat),
            *indexes.judge_tables(shop.schema),
        ]
        result.findings += code.judge_twins(asked)
    _note(result)
    result.seconds = time.monotonic() - started
    return result


def _wanted(subjects: Sequence[Subject], only: frozenset[str]) -> list[Subject]:
    return [subject for subject in subjects if not only or subject.name in only]


def judge_schema(schema: Schema, subjects: Sequence[Subject]) -> list[Finding]:
    """Judge indexes and tables of a generated shop, where tables of libraries are what their libraries made them."""
    emptied = frozenset(table for each in subjects for table in re.findall(r"\bDELETE FROM (\w+)", each.query.sql))
    found = [*indexes.judge_indexes(schema, used=False, bloat={}), *indexes.judge_tables(schema, emptied)]
    return [each for each in found if not each.subject.startswith(("pgqueuer", "_yoyo", "yoyo"))]


def judge_sources(subjects: Sequence[Subject]) -> list[Finding]:
    """Judge the Python of the house, and names that share a statement."""
    package = catalogue.package_folder()
    sources = code.sources_in(package, package.parent)
    return [*code.judge_twins(subjects), *code.judge_code(sources, catalogue.SQL_MAKERS)]


async def _migrations(result: Result, wish: Wish, url: str, subjects: Sequence[Subject], say: Say) -> None:
    """Lint the migrations, and measure those that the generated shop does not have yet."""
    paths = migrations.migrations_to_review(wish.migrations)
    result.findings += migrations.lint(paths)
    named = [(subject.name, subject.query.sql) for subject in subjects]
    for path in paths:
        text = path.read_text(encoding="utf-8")
        result.findings += migrations.columns_in_use(text, named, str(path))
        if path in wish.migrations:
            say(f"migration {path.stem} under load")
            _told_waits(result, {path: await migrations.measure_waits(url, text)})


def _told_waits(result: Result, waited: Mapping[Path, migrations.Waited]) -> None:
    for path, longest in waited.items():
        result.migrations[path.stem] = round(longest.seconds, 3)
        result.findings += migrations.judge_wait(str(path), longest)


def _note(result: Result) -> None:
    """Say what was not measured, so that silence is not taken for praise."""
    refused = [verdict for verdict in result.verdicts if not verdict.large]
    if refused:
        result.notes.append(f"not run, every case was refused by the database: {_reasons(refused)}")
    if result.unseen:
        result.notes.append(f"inside functions, reached by no case: {len(result.unseen)} statements (named in --json)")


def _reasons(refused: Sequence[Verdict]) -> str:
    """Return the names of statements that were refused, by the reason for it."""
    names: dict[str, list[str]] = {}
    for verdict in refused:
        reason = verdict.refused[0].reason if verdict.refused else "nothing to run"
        names.setdefault(reason, []).append(verdict.subject.name)
    said = "; ".join(f"{', '.join(which)} ({reason})" for reason, which in names.items())
    return said + (SCHEMA_HINT if any(reason.startswith("relation") for reason in names) else "")
