"""The rules for SQL: in files, with a name, a reason and a cost; parsed; each name once; every constraint named."""

import re
from collections import Counter

import pglast
import pytest

from doorbuster.database.queries import Query, parse
from doorbuster.review.catalogue import SQL_MAKERS
from doorbuster.review.code import Source, judge_code
from tests.house.rooms import PACKAGE, files, inside, modules, told


def query_files():
    return [
        path
        for path in files(".sql")
        if "migrations" not in path.parts and not path.name.endswith((".function.sql", ".sqlite.sql"))
    ]


def queries() -> list[Query]:
    return [query for path in query_files() for query in parse(path.read_text(), inside(path))]


def migrations():
    return sorted(path for path in (PACKAGE / "database" / "migrations").glob("*.sql") if "rollback" not in path.name)


@pytest.mark.parametrize("path", query_files(), ids=inside)
def test_every_query_has_a_name_a_reason_and_a_cost_and_is_sql(path):
    for query in parse(path.read_text(), inside(path)):
        pglast.parse_sql(query.sql)


@pytest.mark.parametrize("path", [path for path in files(".sql") if path.name.endswith(".function.sql")], ids=inside)
def test_every_function_is_sql(path):
    pglast.parse_sql(path.read_text())


def test_a_query_name_is_used_once_in_the_house():
    inner = [
        name
        for path in files(".sql")
        if path.name.endswith(".function.sql")
        for name in re.findall(r"^\s*-- name:\s*(\w+)", path.read_text(), re.MULTILINE)
    ]
    counted = Counter([query.name for query in queries()] + inner)

    assert not [name for name, count in counted.items() if count > 1]


def test_every_query_is_bounded():
    endless = [
        f"{query.source} {query.name} returns rows without LIMIT or an aggregate"
        for query in queries()
        if re.match(r"\s*(SELECT|WITH)\b", query.sql)
        and query.cost.rows > 1
        and not re.search(r"\bLIMIT\b|\bunnest\(|\bFROM\s+\w+\(|= ANY|\bUPDATE\b|\bINSERT\b|\bDELETE\b", query.sql)
    ]

    assert not endless, told(endless)


def test_no_sql_hides_in_python_and_nothing_waits_where_it_must_not():
    hidden = [
        f"{found.file}:{found.line} {found.message}"
        for module in modules()
        for found in judge_code([Source(module.path, module.tree)], SQL_MAKERS)
    ]

    assert not hidden, told(hidden)


def test_every_constraint_has_a_name():
    # The queue's tables are as the library that reads them makes them.
    foreign = re.compile(r"CREATE TABLE pgqueuer\w* \(.*?^\);", re.MULTILINE | re.DOTALL)
    unnamed = re.compile(r"^\s*(CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY|REFERENCES)\b", re.MULTILINE)
    bare = [
        f"{inside(path)}: {match[0].strip()}"
        for path in migrations()
        for match in unnamed.finditer(foreign.sub("", path.read_text()))
    ]

    assert not bare, told(bare)


def test_migrations_are_numbered_once_and_say_what_they_need():
    numbers = Counter(path.name[:4] for path in migrations())

    assert not [number for number, count in numbers.items() if count > 1]
    for path in migrations()[1:]:
        assert re.search(r"^-- depends: \w+", path.read_text(), re.MULTILINE), f"{inside(path)} names no `-- depends:`"
