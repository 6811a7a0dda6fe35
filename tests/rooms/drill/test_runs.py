"""What is kept of a drill: history, comparison, alerts of a schedule, the page, the Locust file."""

import ast
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from doorbuster.clock import ManualClock
from doorbuster.drill import comparison, locust, reading, runs, scheduling
from doorbuster.drill.measured import cause_named_seconds, detection_seconds, recovery_seconds
from doorbuster.drill.measures import hurt_share
from doorbuster.drill.record import Attempt, Fate
from doorbuster.drill.scenario import Bound
from doorbuster.drill.verdict import judge
from doorbuster.drill.witness import Mark
from doorbuster.errors import Misconfigured
from doorbuster.journal import open_event_log
from doorbuster.on_call import pages
from tests.rooms.drill.test_verdict import OPENING, outcome_of


def test_a_run_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    run = run_of(outcome_of())

    assert runs.read(runs.keep(run, tmp_path)) == run
    assert sum(second.asked for second in run.seconds) == 4


def test_the_history_is_bounded_newest_first_and_survives_a_damaged_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(runs, "HISTORY_LINES_MAX", 3)
    for number in range(5):
        runs.remember(msgspec.structs.replace(run_of(outcome_of()), commit=f"c{number}"), tmp_path)
    with (tmp_path / runs.HISTORY).open("ab") as file:
        file.write(b"{half a li")

    assert [run.commit for run in runs.history(tmp_path)] == ["c4", "c3", "c2"]
    assert runs.history(tmp_path, "another") == []


def test_only_a_drill_that_passed_before_can_stop_passing() -> None:
    passed, failed = run_of(outcome_of()), run_of(outcome_of(findings=["a unit is lost"]))

    assert passed.holds
    assert not failed.holds
    assert runs.stopped_passing(failed, [passed])
    assert not runs.stopped_passing(failed, [failed, passed])
    assert not runs.stopped_passing(passed, [passed])
    assert not runs.stopped_passing(failed, [])


def test_two_runs_are_compared_in_a_report_that_needs_nothing_else(tmp_path: Path) -> None:
    page = comparison.write(
        run_of(outcome_of()), run_of(outcome_of(fates=[Fate(9, "gave_up", 0.0, 1.0, 31.0, hurt=True)])),
        tmp_path / "both.html", datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip

    text, picture = page.read_text(), page.with_suffix(".svg").read_text()
    assert "The same crowd, twice" in text
    assert "25%" in ET.fromstring(picture).get("aria-label")
    assert "<script" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_a_shop_without_a_diagnosis_is_not_asked_and_not_blamed() -> None:
    outcome = with_marks(outcome_of(), [Mark(6.0, "fault", "drop-index", "missing_index", 9.0)])
    decided = judge(msgspec.structs.replace(OPENING, then={"cause_named_seconds": Bound(most=30)}), outcome)

    assert detection_seconds(outcome) is None
    assert [line.holds for line in decided.expected] == [None]
    assert decided.holds
    assert any("not judged" in words for words in decided.warnings)


@pytest.mark.parametrize(("cause", "seconds"), [("missing_index", 4.0), ("web_cpu", float("inf"))])
def test_a_cause_counts_only_when_it_is_the_true_one(cause: str, seconds: float) -> None:
    marks = [Mark(6.0, "fault", "drop-index", "missing_index", 9.0), Mark(10.0, "diagnosis", "so it is", cause)]
    outcome = with_marks(outcome_of(), marks, diagnosed=True)

    assert cause_named_seconds(outcome) == seconds
    assert detection_seconds(outcome) == 4.0


def test_recovery_is_the_first_three_seconds_in_a_row_that_hurt_nobody() -> None:
    fault = Mark(10.0, "fault", "kill-one-worker", "", 10.0)
    bad = [Attempt(1, "home", 10 + n, 10 + n, 15 + n, 200, "Ok") for n in range(4)]
    good = [Attempt(1, "home", 14.0 + n, 14.0 + n, 14.1 + n, 200, "Ok") for n in range(5)]

    assert recovery_seconds(with_marks(outcome_of(attempts=bad + good), [fault])) == 4
    assert recovery_seconds(with_marks(outcome_of(attempts=bad), [fault])) == float("inf")


def test_a_program_that_scrapes_is_nobody_who_could_be_hurt() -> None:
    assert hurt_share(outcome_of(fates=[Fate(9, "scraped", 0.0, None, 31.0, hurt=True)])) == 0


def test_a_crowd_that_was_the_bottleneck_gives_no_verdict() -> None:
    late = [Attempt(5, "home", 1.0, 2.0, 2.1, 200, "Ok") for _ in range(9)]

    decided = judge(OPENING, outcome_of(attempts=late))

    assert decided.saturated
    assert not decided.holds


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1_800), ("6h", 21_600), ("1d", 86_400)])
def test_how_often_is_said_in_minutes_hours_or_days(text: str, seconds: int) -> None:
    assert scheduling.seconds(text) == seconds
    with pytest.raises(Misconfigured, match="write 30m, 6h or 1d"):
        scheduling.seconds(text + "x")


def test_a_crontab_line_plays_once_with_this_home() -> None:
    line = scheduling.crontab("15 3 * * *", ["opening"], [], Path("/home/of a shop"))

    assert line.startswith("15 3 * * * cd ")
    assert line.endswith("-m doorbuster drill schedule opening --once")
    assert "DOORBUSTER_HOME='/home/of a shop'" in line
    with pytest.raises(Misconfigured, match="no cron expression"):
        scheduling.crontab("every night; rm -rf", ["opening"], [], Path())


def test_a_drill_that_stops_passing_pages_once_and_its_page_ends_when_it_holds_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    passed, failed = run_of(outcome_of()), run_of(outcome_of(findings=["a unit is lost"]))
    told: list[str] = []
    schedule = scheduling.Schedule([], tmp_path, "http://room.example", clock, told.append)
    played = iter([passed, failed, failed, passed])

    def play(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        runs.remember(next(played), tmp_path)
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(scheduling.subprocess, "run", play)
    stopped, open_pages = [], []
    for _ in range(4):
        stopped += scheduling.run([passed.name], schedule, None) or ["-"]
        with open_event_log(tmp_path) as log:
            page = pages.page_of(log, f"drill/{passed.name}")
            open_pages.append(page.headline if page else None)

    assert stopped == ["-", passed.name, "-", "-"]
    assert told[1].startswith(f"ALERT {passed.name} has stopped passing")
    assert open_pages[0] is None
    assert open_pages[1] == open_pages[2]
    assert "has stopped passing" in str(open_pages[1])
    assert open_pages[3] is None, "it holds again"


def test_a_drill_that_cannot_be_played_is_told_too(tmp_path: Path, clock: ManualClock) -> None:
    told: list[str] = []
    schedule = scheduling.Schedule(["--no-such-option"], tmp_path, "", clock, told.append)

    assert scheduling.run(["opening"], schedule, None) == ["opening"]
    assert told[0].startswith("ALERT opening could not be played, exit status 2")
    with open_event_log(tmp_path) as log:
        assert pages.page_of(log, "drill/opening")


@pytest.mark.parametrize("name", ["opening", "bot-flood", "2024-06-18-flash-sale"])
def test_a_locust_file_is_python_that_knows_the_scenario(name: str) -> None:
    text = locust.written(reading.load(name))

    ast.parse(text)
    assert f"drill `{name}`" in text
    assert "import doorbuster" not in text


def run_of(outcome):
    return runs.run_of(OPENING, outcome, judge(OPENING, outcome), "2026-11-27T14:00:00+00:00", seed=1, shop="here")


def with_marks(outcome, marks, diagnosed=False):
    outcome.witness.marks[:] = marks
    outcome.witness.diagnosed = diagnosed
    return outcome
