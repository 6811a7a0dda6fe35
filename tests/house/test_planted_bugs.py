"""The planted bugs stay plantable: each has its place in the code as it is, and leaves a file that can be read."""

import ast

import pglast
import pytest

from tests.planted.bug import ROOT, Bug
from tests.planted.catalogue import BUGS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_has_its_place_and_can_be_read(bug: Bug) -> None:
    text = bug.planted((ROOT / bug.file).read_text())
    if bug.file.endswith(".py"):
        ast.parse(text)
    elif bug.file.endswith(".function.sql") or "migrations" in bug.file:
        assert pglast.parse_sql(text)


def test_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    names = [bug.name for bug in BUGS]
    assert len(names) >= 40
    assert len(set(names)) == len(names)


def test_the_guide_names_every_planted_bug() -> None:
    page = (ROOT / "docs" / "guide" / "planted-bugs.md").read_text()
    assert [bug.name for bug in BUGS if f"| {bug.name} |" not in page] == []


def test_every_test_that_is_asked_first_is_there() -> None:
    assert not [test for bug in BUGS for test in bug.tests if not (ROOT / test).exists()]
