"""Postmortems that people wrote are read as far as they can be; edits survive whatever the house writes."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorbuster.incident import importing, incident, items, postmortem, runbook, timeline
from doorbuster.incident.writing import SECTIONS
from doorbuster.journal import Actor, EventLog, open_event_log
from tests.house.rooms import ROOT

FOUNDING = (ROOT / "docs" / "postmortems" / "2024-06-18-flash-sale.md").read_text()
AUTHOR = Actor("test", "cli")
NOW = 1_800_000_000


@pytest.fixture
def log(tmp_path: Path):
    with open_event_log(tmp_path) as opened:
        yield opened


def test_the_founding_incident_is_read_whole(log: EventLog) -> None:
    draft = importing.read(FOUNDING)
    made = importing.store(log, draft, FOUNDING, AUTHOR, NOW)

    assert draft.unread == []
    assert isinstance(made, incident.Incident)
    assert (made.hurt_peak, made.cause, made.severity) == (0.6, "missing_index", 1)
    assert made.resolved_at is not None
    assert made.resolved_at - made.began_at == 2.5 * 3600
    wrong = [line.text for line in timeline.lines_of(log, made.id) if line.wrong]
    assert wrong == ["processor and memory are blamed and web servers restarted; a wrong path, it did not help."]


def test_its_six_items_are_each_in_their_true_state(log: EventLog) -> None:
    importing.store(log, importing.read(FOUNDING), FOUNDING, AUTHOR, NOW)

    assert [item.state for item in items.board(log, NOW)] == ["done", "open", "done", "done", "done", "done"]


def test_the_same_file_is_imported_once(log: EventLog) -> None:
    importing.store(log, importing.read(FOUNDING), FOUNDING, AUTHOR, NOW)

    assert "already" in str(importing.store(log, importing.read(FOUNDING), FOUNDING, AUTHOR, NOW))
    assert len(incident.newest(log)) == 1


def test_what_cannot_be_read_is_told_with_its_line() -> None:
    draft = importing.read("# A night\n## Timeline\n2026-02-03\nsomething happened\n14:05 the shop was down\n")

    assert draft.unread == [(4, "no time in 'something happened'")]
    assert [text for _, text in draft.lines] == ["the shop was down"]


@given(st.text(max_size=600))
def test_rubbish_is_read_without_a_fault(rubbish: str) -> None:
    importing.read(rubbish)
    importing.read(f"## Timeline\n{rubbish}\n## Action Items\n- {rubbish}")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SECTIONS)), st.text(max_size=50), max_size=4))
def test_writing_again_keeps_every_edit(log: EventLog, edits: dict[str, str]) -> None:
    it = incident.open_by(log, AUTHOR, "a trouble", NOW)
    postmortem.write(log, it, lambda *_: (), NOW)
    for name, body in edits.items():
        seen = len(postmortem.versions(log, it.id, name))
        assert postmortem.edit(log, it.id, name, body, role="operator", at=NOW, seen=seen)
        assert not postmortem.edit(log, it.id, name, "unseen", role="operator", at=NOW, seen=seen)
    postmortem.write(log, it, lambda *_: (), NOW + 1)
    doc = postmortem.document(log, it)

    assert doc is not None
    assert {section.name: section.body for section in doc.sections if section.name in edits} == edits


def test_a_runbook_s_steps_are_found_and_its_mistakes_are_told() -> None:
    steps, mistakes = runbook.actions_in(
        'Take load off: `doorbuster brownout set 3 --reason "x" --for 15m`.\n'
        "```action\ncancel query search_products\nrenew workers\nmake coffee\n```\n"
    )

    assert [step.kind for step in steps] == ["brownout", "cancel", "renew"]
    assert len(mistakes) == 1
    assert mistakes[0].startswith("line 5: 'make coffee' is no action")
