"""A library's statements on a library's tables: nothing of ours, and reviewed all the same."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from doorbuster.database.pool import own_connection
from doorbuster.errors import Misconfigured
from doorbuster.review.ground import with_database
from doorbuster.review.indexes import judge_indexes
from doorbuster.review.others import counted_subjects, folder_subjects, numbered
from doorbuster.review.result import Result, annotations
from doorbuster.review.schema import read_schema
from doorbuster.review.whole import review_server_of

LIBRARY = Path(__file__).parent / "library"


def quiet(_: str) -> None: ...


@pytest.fixture(scope="module")
def library_url(server_url: str) -> Iterator[str]:
    """A database of a library; a review leaves it as it was, so one does for all."""
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute("CREATE DATABASE of_a_library TEMPLATE template0")
        url = with_database(server_url, "of_a_library")
        _run(url, (LIBRARY / "schema.txt").read_text())
        yield url
        connection.execute("DROP DATABASE of_a_library WITH (FORCE)")


def _run(url: str, statements: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statements.encode())


async def reviewed(url: str) -> Result:
    return await review_server_of(url, folder_subjects(LIBRARY), quiet)


async def test_bad_statements_are_named_with_their_cure_and_good_ones_left_alone(library_url: str) -> None:
    result = await reviewed(library_url)
    rules = {verdict.subject.name: {each.rule for each in verdict.findings} for verdict in result.verdicts}

    assert all(verdict.large for verdict in result.verdicts), [verdict.refused for verdict in result.verdicts]
    assert not rules["member"] | rules["loans_of_member"] | rules["book_by_isbn"] | rules["give_back"]
    proposed = {each.subject: each.sql for verdict in result.verdicts for each in verdict.findings if each.sql}
    assert "ON members (email)" in proposed["member_by_email"]
    assert "ON loans (book_id" in proposed["loans_of_book"]
    assert "function_on_column" in rules["member_by_email_in_capitals"]
    assert "offset_paging" in rules["books_page"]
    assert "no_where" in rules["forget_everybody"]


async def test_indexes_of_others_are_judged_too(library_url: str) -> None:
    found = {(each.rule, each.subject) for each in (await reviewed(library_url)).findings}

    assert ("redundant_index", "loans_by_member_again") in found
    assert ("foreign_key_without_index", "loans") in found


async def test_a_review_leaves_a_foreign_database_as_it_was(library_url: str) -> None:
    await reviewed(library_url)

    with closing(psycopg.connect(library_url)) as connection:
        assert connection.execute("SELECT count(*) FROM loans").fetchone() == (60_000,)
        assert connection.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'loans'").fetchone() == (3,)


async def test_without_pg_stat_statements_it_says_how_to_have_it(library_url: str) -> None:
    async with own_connection(library_url, application="test") as connection:
        with pytest.raises(Misconfigured, match="shared_preload_libraries"):
            await counted_subjects(connection)


# The view stands in for the extension, whose library the embedded server does not carry.
COUNTED = """
CREATE TABLE members AS SELECT n AS id, n % 7 AS town, now() AS since FROM generate_series(1, 20000) n;
ANALYZE;
CREATE VIEW pg_stat_statements AS
SELECT d.oid AS dbid, 900.0 - length(query) AS total_exec_time, query FROM pg_database d, (VALUES
  ('SELECT id FROM members WHERE town = $1 AND id = $2'),
  ('SELECT count(*) FROM members WHERE since > now() - interval $1'),
  ('SELECT pg_terminate_backend(pid) FROM pg_stat_activity'), ('<insufficient privilege>'),
  ('SELECT /* doorbuster review */ 1'), ('BEGIN')) AS counted(query)
WHERE datname = current_database()
"""


async def test_what_the_server_has_counted_is_reviewed_and_what_no_rollback_undoes_is_not_run(
    empty_database_url: str,
) -> None:
    _run(empty_database_url, COUNTED)
    result = await review_server_of(empty_database_url, None, quiet)

    assert [verdict.subject.name for verdict in result.verdicts] == [
        "#1 SELECT id FROM members WHERE …",
        "#2 SELECT count(*) FROM members …",
    ]
    assert all(verdict.large for verdict in result.verdicts)
    assert result.verdicts[0].findings
    assert result.notes == [
        "1 more statements were counted, whose text this role may not see: GRANT pg_read_all_stats to it"
    ]


async def test_where_no_statement_can_be_run_that_is_no_praise(empty_database_url: str) -> None:
    with pytest.raises(Misconfigured, match=r'"books" does not exist\); .*search_path'):
        await review_server_of(empty_database_url, folder_subjects(LIBRARY), quiet)


async def test_an_index_that_makes_another_needless_is_not_called_unused(library_url: str) -> None:
    async with own_connection(library_url, application="test") as connection:
        schema = await read_schema(connection)
    unread = replace(schema, indexes=tuple(replace(index, scans=0) for index in schema.indexes))
    found = {(each.rule, each.subject) for each in judge_indexes(unread, used=True, bloat={})}

    assert found == {("redundant_index", "loans_by_member_again")}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SELECT :a, :b, :a", "SELECT $1, $2, $1"),
        ("SELECT %(a)s, %s", "SELECT $1, $2"),
        ("SELECT ?, ?", "SELECT $1, $2"),
        ("SELECT $2, $1", "SELECT $2, $1"),
        ("SELECT ':a', '%s', a::text, '?'", "SELECT ':a', '%s', a::text, '?'"),
        ("SELECT a ->> 'b' FROM t WHERE c @> $1 AND d ?| $2", "SELECT a ->> 'b' FROM t WHERE c @> $1 AND d ?| $2"),
    ],
)
def test_every_kind_of_placeholder_is_read(written: str, read: str) -> None:
    assert numbered(written)[0] == read


def test_a_folder_without_statements_is_told_politely(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no statement in"):
        folder_subjects(tmp_path)
    (tmp_path / "broken.sql").write_text("SELECT FROM WHERE;")
    with pytest.raises(Misconfigured, match=r"broken\.sql, line 1, is not PostgreSQL's SQL"):
        folder_subjects(tmp_path)
    (tmp_path / "broken.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match=r"broken\.sql cannot be read as text"):
        folder_subjects(tmp_path)


async def test_annotations_stand_beside_the_line(library_url: str) -> None:
    lines = list(annotations((await reviewed(library_url)).all_findings()))

    assert any(line.startswith("::error file=") and "bad.sql,line=11" in line for line in lines), lines
