"""A new shop with the example data knows the incident that it comes from, and what each of its promises is worth."""

from pathlib import Path

import msgspec
import pytest

from doorbuster.incident import examples, incident, items, timeline
from doorbuster.incident.examples import Recorded
from doorbuster.incident.items import STALE_SECONDS
from doorbuster.journal import open_event_log

RUNS = msgspec.json.decode(Path(examples.__file__).with_name("runs.json").read_bytes(), type=list[Recorded])
NEWEST = max((run.at for run in RUNS), default=1_800_000_000)


def test_its_story_and_its_six_promises_are_there_once(tmp_path: Path) -> None:
    with open_event_log(tmp_path) as log:
        made = examples.install(log, NEWEST)
        assert not isinstance(made, str)
        assert isinstance(examples.install(log, NEWEST), str)

        assert [it.cause for it in incident.newest(log)] == ["missing_index"]
        assert len([line for line in timeline.lines_of(log, made.id) if line.source == "note"]) == 8
        board = items.board(log, NEWEST)
        assert [item.owner for item in board] == ["database", "platform", "database", "web", "platform", "platform"]
        assert not [item.text for item in board if "(" in item.text or "owner" in item.text]


def test_a_promise_is_proved_by_recorded_runs_alone_and_rots_without_new_ones(tmp_path: Path) -> None:
    with open_event_log(tmp_path) as log:
        examples.install(log, NEWEST)
        for item in items.board(log, NEWEST):
            held = any(run.proof == item.proof and run.holds and not run.as_it_was for run in RUNS)
            failed = any(run.proof == item.proof and not run.holds for run in RUNS)
            assert item.state != "verified" or (held and failed), item.text
        board = items.board(log, NEWEST)
        assert [item.text for item in board if item.state == "verified"] == ["Optimise all queries and use indexes"]
        later = items.board(log, NEWEST + STALE_SECONDS + 1)

        assert not [item for item in later if item.state == "verified"]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.proof} {run.at}")
def test_a_recorded_run_says_where_it_comes_from(run: Recorded) -> None:
    assert items.PROOF.fullmatch(run.proof)
    assert run.commit
    assert "measurements" in run.detail
