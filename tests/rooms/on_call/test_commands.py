"""`doorbuster oncall`, as it is typed while the shop is down."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.journal import lines, open_event_log
from doorbuster.on_call.commands import app


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOORBUSTER_HOME", str(tmp_path))
    return tmp_path


def oncall(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def told(*words: str) -> object:
    answer = oncall(*words, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def refused(*words: str) -> str:
    answer = oncall(*words)
    assert isinstance(answer.exception, DoorbusterError), answer.output
    return str(answer.exception)


@pytest.fixture
def bea() -> None:
    assert oncall("person", "add", "Bea").exit_code == 0
    assert oncall("target", "add", "Bea", "json://127.0.0.1:9/services/hush-hush").exit_code == 0
    assert oncall("rotation", "database", "Bea", "--zone", "Europe/London").exit_code == 0


@pytest.mark.usefixtures("bea")
def test_a_rotation_that_was_set_is_who_has_it_and_the_schedule_shows_the_gaps():
    assert told("who") == {"database": "Bea", "web": None, "payments": None, "platform": None}
    assert {(each["team"], each["name"]) for each in told("schedule", "--days", "5")} >= {("web", None)}
    assert "nobody: everybody is told" in " ".join(oncall("schedule").stdout.split())


@pytest.mark.usefixtures("bea")
def test_who_stands_in_stands_down_again():
    oncall("override", "web", "Bea", "--hours", "2")
    [each] = told("overrides")
    assert told("who")["web"] == "Bea"

    assert oncall("stand-down", str(each["id"])).exit_code == 0

    assert told("who")["web"] is None
    assert "see: doorbuster oncall overrides" in refused("stand-down", "1")


@pytest.mark.usefixtures("bea")
def test_a_page_is_taken_and_ended_by_the_number_in_its_message():
    page_id = oncall("page", "database", "Sequential scans on orders").stdout.split()[-1]
    number = page_id[-6:].upper()

    assert oncall("ack", number).exit_code == 0
    assert "taken already" in refused("ack", number)
    assert [(each["state"], each["headline"]) for each in told("pages")] == [
        ("acknowledged", "Sequential scans on orders")
    ]
    assert oncall("resolve", number).exit_code == 0

    assert "over already" in refused("resolve", number)
    assert "no page 'NOSUCH'" in refused("ack", "NOSUCH")


@pytest.mark.usefixtures("bea")
def test_a_test_says_what_was_not_delivered_and_ends_as_a_failure():
    answer = oncall("test", "Bea")

    assert "json://127.0.0.1/…: the receiver did not take it" in answer.stdout
    assert str(answer.exception) == "1 of 1 messages were not delivered"


@pytest.mark.usefixtures("bea")
def test_no_command_and_no_line_of_the_journal_says_a_secret(home: Path):
    said = "".join(oncall(*words).output for words in (("who",), ("target", "list"), ("test",), ("pages",)))

    with open_event_log(home) as log:
        assert "hush-hush" not in said + str(lines(log))


@pytest.mark.usefixtures("bea")
def test_a_policy_is_listed_as_it_was_set():
    oncall("policy", "missing_index", "on-call:3", "everybody:10:important", "--repeat", "1")

    assert told("policies")["missing_index"] == {
        "steps": [{"whom": "on-call", "wait_minutes": 3, "important": False},
                  {"whom": "everybody", "wait_minutes": 10, "important": True}],
        "repeat": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("test",), "nobody has a target"),
        (("rotation", "database", "Nemo"), "nobody on call is named 'Nemo'"),
        (("policy", "database", "on-call"), "'on-call' is no step; one is on-call:5"),
        (("policy", "database", "on-call:999"), "from 1 to 240 minutes"),
        (("rotation", "cats", "Nemo"), "no team 'cats'"),
        (("override", "cats", "Nemo"), "no team 'cats'"),
        (("policy", "cats", "on-call"), "neither a team (database, web"),
        (("page", "cats", "Help"), "no team 'cats'"),
        (("target", "remove", "7"), "no target 7"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(words: tuple[str, ...], complaint: str):
    assert complaint in refused(*words)


def test_what_is_refused_is_a_misconfiguration_and_changes_nothing(home: Path):
    assert isinstance(oncall("target", "add", "Bea", "pigeon").exception, Misconfigured)
    with open_event_log(home) as log:
        assert lines(log) == []
