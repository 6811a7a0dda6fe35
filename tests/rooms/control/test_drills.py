"""The page of drills: how each went last time, and the report of a run."""

from pathlib import Path

import msgspec

from doorbuster.drill import runs
from tests.rooms.control.room import Room
from tests.rooms.drill.test_runs import run_of
from tests.rooms.drill.test_verdict import outcome_of

NOW = "2026-11-27T15:00:00+00:00"


async def test_the_page_of_drills_shows_the_last_result_and_the_report(dark_room: Room, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<h1>A report</h1>")
    missed = run_of(outcome_of(findings=["a unit is lost"]))
    runs.remember(run_of(outcome_of()), tmp_path)
    runs.remember(msgspec.structs.replace(missed, at=NOW, report=str(report)), tmp_path)
    viewer = await dark_room.enter("operator")

    page = await viewer.get("/drills")
    assert page.says("opening", "missed", "1 of 1 do not hold", missed.commit[:7])
    answer = await viewer.get("/drills/opening/20261127T150000")
    assert answer.says("A report")
    assert (await viewer.get("/drills/opening/never")).status == 404


async def test_before_the_first_drill_the_page_says_how_to_begin(dark_room: Room) -> None:
    viewer = await dark_room.enter("operator")

    assert (await viewer.get("/drills")).says("No drill was played", "doorbuster drill opening")
