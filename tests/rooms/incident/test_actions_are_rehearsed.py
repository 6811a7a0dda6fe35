"""What a runbook offers is rehearsed by a drill; what an incident exports can be played."""

import re
from pathlib import Path

import pytest

from doorbuster.drill import reading
from doorbuster.incident import incident, replay, runbook
from doorbuster.incident.incident import Diagnosed
from doorbuster.incident.runbook import NotUnderstood
from doorbuster.incident.runbook_pages import ALWAYS
from doorbuster.journal import Actor, open_event_log
from doorbuster.watch.diagnosis import CAUSES
from doorbuster.watch.rules import RULES
from tests.rooms.watch.diagnosis.cases import CASES
from tests.rooms.watch.diagnosis.test_decide import diagnosed

BY_FAULT = {"restart": "stop-postgres"}
"""Action -> the fault of a drill that does the same to the shop."""
STEP = re.compile(r"incident do \d+ --yes (.+)")
"""How an operator of a drill does a step of a runbook; levers he may pull by their own command, too."""


def offered() -> set[str]:
    """The kinds of all actions that some page offers."""
    texts = [runbook.text_of(rule.name) or "" for rule in RULES]
    steps = [*ALWAYS, *(step for case in CASES.values() for step in diagnosed(case).steps)]
    return {action.kind for text in texts for action in runbook.actions_in(text)[0]} | {
        runbook.parse(step).kind for step in steps
    }


def rehearsed() -> set[str]:
    """The kinds of actions that the drills' operators do, and those that a fault does."""
    found: set[str] = set()
    for scenario in map(reading.load, reading.names()):
        kinds = {fault.kind for fault in scenario.when.faults}
        found |= {action for action, kind in BY_FAULT.items() if kind in kinds}
        for words in (*scenario.given.commands, *(fault.what for fault in scenario.when.faults if fault.what)):
            step = STEP.fullmatch(words)
            try:
                found.add(runbook.parse(step[1] if step else words).kind)
            except NotUnderstood:
                continue
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_alert_has_a_runbook_whose_steps_are_understood(rule):
    text = runbook.text_of(rule.name)

    assert text is not None
    assert runbook.actions_in(text)[1] == []


def test_every_action_is_rehearsed_by_a_drill():
    assert offered() - rehearsed() == set()


def test_the_steps_that_no_lever_takes_back_are_rehearsed_as_steps_of_an_incident():
    steps = {
        runbook.parse(step[1]).kind: scenario.name
        for scenario in map(reading.load, reading.names())
        for fault in scenario.when.faults
        if (step := STEP.fullmatch(fault.what))
    }

    assert steps["index"] == "2024-06-18-with-the-runbook"
    assert {steps["renew"], steps["cancel"]} == {"runbook-levers"}
    assert {steps["end"], steps["end_idle"]} == {"ended-sessions"}


@pytest.mark.parametrize("cause", CAUSES)
def test_the_drill_of_an_incident_can_be_played(cause: str, tmp_path: Path):
    with open_event_log(tmp_path) as log:
        it = incident.open_by(log, Actor("Augusta", "operator"), "A trouble", 1_800_000_000)
        said = Diagnosed(cause=cause, subject="products_search", headline="add index products_search")
        it = incident.name_cause(log, it.id, said, 1_800_000_010)
        text = replay.drill_of(it, lambda *_: ())
    scenario = reading.parse(text, "incident-1.toml", "incident-1")

    assert {"hurt_share", "oversold_units"} <= scenario.then.keys()
    assert [fault.cause for fault in scenario.when.faults] in ([], [cause])
