"""`doorbuster review` in a stranger's hands: what it says when it cannot, and what it writes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from doorbuster.review import tools
from doorbuster.review.commands import app, count_of
from doorbuster.review.findings import Finding, Level
from doorbuster.review.page import write_page
from doorbuster.review.remembered import FILE, recall
from doorbuster.review.result import Result
from doorbuster.review.written import write_migration

MISSING = Finding(
    "missing_index", Level.BREACH, "orders_by_tracking", "shop/orders.sql", 7, "touches <many> buffers", "create it",
    "CREATE INDEX CONCURRENTLY orders_by_tracking ON orders (tracking);",
)  # fmt: skip


def said(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_without_the_parser_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda _: None)

    status, text = said()

    assert status == 2
    assert "pip install 'doorbuster[review]'" in text


def test_an_unknown_query_or_number_is_told_in_a_line() -> None:
    assert said("--only", "no_such_query")[0] == 2
    assert "there is no query no_such_query" in said("--only", "no_such_query")[1]
    assert "no number of orders" in said("--orders", "many")[1]


@pytest.mark.parametrize(("typed", "count"), [("100k", 100_000), ("1M", 1_000_000), ("10_000", 10_000)])
def test_numbers_are_typed_as_people_write_them(typed: str, count: int) -> None:
    assert count_of(typed) == count


def test_a_proposed_index_becomes_the_next_migration(tmp_path: Path) -> None:
    (tmp_path / "0007_before.sql").write_text("SELECT 1;")

    path = write_migration([MISSING], tmp_path)

    assert path is not None
    assert path.name == "0008_indexes_of_review.sql"
    text = path.read_text()
    assert "-- depends: 0007_before\n-- transactional: false\n" in text
    assert MISSING.sql in text
    assert write_migration([], tmp_path) is None


def test_the_report_is_one_file_that_asks_nobody(tmp_path: Path) -> None:
    write_page(Result(orders=100_000, findings=[MISSING]), tmp_path / "review.html")

    page = (tmp_path / "review.html").read_text()
    assert "touches &lt;many&gt; buffers" in page
    assert "prefers-color-scheme: dark" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_damaged_memory_of_the_last_review_is_none(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")

    assert recall(tmp_path) == {}
