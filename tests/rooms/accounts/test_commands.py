"""Operators from the command line, typed as a person types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doorbuster.accounts.commands import app
from doorbuster.errors import Misconfigured
from doorbuster.journal import lines, open_event_log

PASSWORD = "quiet unusual battery"


@pytest.fixture
def type_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DOORBUSTER_HOME", str(tmp_path))

    def typed(*words: str, stdin: str = "") -> str:
        result = CliRunner().invoke(app, list(words), input=stdin)
        if isinstance(result.exception, Misconfigured):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return typed


def test_add_list_disable_and_reset(type_):
    type_("add", "ada", "--role", "owner", "--password-stdin", stdin=PASSWORD + "\n")
    type_("disable", "ada")
    (ada,) = json.loads(type_("list", "--json"))
    assert (ada["name"], ada["role"]) == ("ada", "owner")
    assert ada["disabled_at"]
    assert "/links/" in type_("reset", "ada")


def test_a_link_is_printed_whole_and_kept_only_as_a_hash(type_, tmp_path: Path):
    token = type_("link").strip().rpartition("/")[2]
    assert len(token) >= 40
    assert token.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("control.sqlite*"))


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        (("reset", "nobody"), "operator list"),
        (("disable", "nobody"), "operator list"),
        (("link", "--role", "king"), "none of viewer, merchant, operator, owner"),
        (("add", "a b", "--password-stdin"), "letters, digits"),
        (("add", "ada", "--password-stdin"), "at least 12 characters"),
    ],
)
def test_what_cannot_be_done_says_the_mend(type_, words: tuple[str, ...], mend: str):
    with pytest.raises(Misconfigured, match=mend):
        type_(*words, stdin="short\n")


def test_a_name_is_given_once_whatever_its_capitals(type_):
    type_("add", "ada", "--password-stdin", stdin=PASSWORD + "\n")
    with pytest.raises(Misconfigured, match="operator reset ADA"):
        type_("add", "ADA", "--password-stdin", stdin=PASSWORD + "\n")


def test_every_change_is_in_the_journal_with_who_typed_it(type_, tmp_path: Path):
    type_("add", "ada", "--password-stdin", stdin=PASSWORD + "\n")
    type_("reset", "ada")
    type_("disable", "ada")
    with open_event_log(tmp_path) as log:
        told = lines(log, subject="operator:ada")
    assert [line.verb for line in told] == ["operator.disable", "operator.reset", "operator.add"]
    assert all(line.actor.startswith("cli:") for line in told)


def test_the_metrics_token_is_the_same_until_the_secret_changes(type_, monkeypatch: pytest.MonkeyPatch):
    first = type_("metrics-token")
    assert first == type_("metrics-token")
    monkeypatch.setenv("DOORBUSTER_SECRET", "another secret, long enough to be one")
    assert first != type_("metrics-token")
