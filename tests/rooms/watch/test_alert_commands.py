"""`doorbuster alerts` at a terminal: what fires, silences, the table, and the table tried on what was measured."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from doorbuster.clock import SystemClock
from doorbuster.errors import DoorbusterError
from doorbuster.journal import lines, open_event_log
from doorbuster.watch import alert as life
from doorbuster.watch.alert import Alert
from doorbuster.watch.alert_commands import app
from doorbuster.watch.rules import RULES
from doorbuster.watch.series import open_series
from tests.rooms.watch.ticks import seconds

HURT = Alert("CustomersHurt", "", "page", 1_795_000_000, "30% of the answers hurt.", 0.3, 0.05, state="firing",
             fired_at=1_795_000_003)  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORBUSTER_HOME", str(tmp_path))
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, list(words))


def keep(home, *alerts):
    with open_event_log(home) as log:
        life.keep(log, list(alerts), alerts[0].since)


def test_nothing_firing_is_said_and_exits_with_0(home):
    told = run("list")

    assert (told.exit_code, told.output) == (0, "Nothing fires.\n")


def test_a_page_that_fires_exits_with_1(home):
    keep(home, HURT)

    told = run("list")

    assert told.exit_code == 1
    assert "CustomersHurt" in told.output


def test_programs_read_json(home):
    keep(home, HURT)

    (alert,) = json.loads(run("list", "--json").stdout)["alerts"]

    assert (alert["rule"], alert["severity"], alert["state"], alert["value"]) == (
        "CustomersHurt",
        "page",
        "firing",
        0.3,
    )


def test_a_silence_is_pulled_shown_and_ended_with_its_reason_in_the_journal(home):
    assert run("silence", "CustomersHurt", "--for", "2h", "--reason", "a drill").exit_code == 0
    assert "CustomersHurt until" in run("list").output
    assert run("unsilence", "1", "--reason", "over").exit_code == 0

    with open_event_log(home) as log:
        assert [(line.verb, line.detail["reason"]) for line in lines(log)] == [
            ("alert.unsilence", "over"), ("alert.silence", "a drill"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["silence", "Nothing", "--for", "2h", "--reason", "x"], "there is no alert Nothing"),
        (["silence", "--for", "2h", "--reason", "x"], "name an alert or a --team"),
        (["silence", "--team", "kitchen", "--for", "2h", "--reason", "x"], "there is no team kitchen"),
        (["silence", "DatabaseDown", "--for", "30d", "--reason", "x"], "at most 7d"),
        (["silence", "DatabaseDown", "--for", "soon", "--reason", "x"], "'soon' is no span of time"),
        (["unsilence", "7"], "there is no silence 7"),
        (["test"], "has the control plane run here"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_mend(home, words, says):
    told = run(*words)

    assert isinstance(told.exception, DoorbusterError)
    assert says in str(told.exception)


def test_the_rules_come_as_a_table_as_json_and_for_prometheus_and_alertmanager(home):
    assert "SequentialScans" in run("rules").output
    assert [rule["name"] for rule in json.loads(run("rules", "--json").stdout)] == [rule.name for rule in RULES]
    assert len(yaml.safe_load(run("rules", "--prometheus").stdout)["groups"][1]["rules"]) == len(RULES)
    assert "inhibit_rules" in yaml.safe_load(run("rules", "--alertmanager").stdout)


def test_the_objectives_of_the_shop_are_in_the_exported_rules(home, monkeypatch):
    monkeypatch.setenv("SLO_MONTH_PERCENT", "99.9")

    rules = {each["name"]: each for each in json.loads(run("rules", "--json").stdout)}

    assert rules["BudgetBurningFast"]["above"] == pytest.approx(14.4 * 0.001)


def test_the_table_is_tried_on_what_was_measured_and_nobody_is_told(home):
    now = int(SystemClock().now().timestamp())
    with open_series(home / "series.sqlite", now) as series:
        for tick in [*seconds(60, since=now - 120), *seconds(30, {"hurt.share": 0.4}, since=now - 60)]:
            series.add(tick)

    told = run("test")

    assert told.exit_code == 0, told.exception
    assert "90 seconds judged" in told.output
    assert "CustomersHurt" in told.output
    assert run("list").output == "Nothing fires.\n"
