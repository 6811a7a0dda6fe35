"""The journal: append-only, durable, shared by processes, mirrored when PostgreSQL is well."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorbuster import journal
from doorbuster.clock import ManualClock
from doorbuster.database import Database
from doorbuster.errors import EventLogUnavailable, Misconfigured
from doorbuster.journal import EventLog, Line, mirror, open_event_log
from tests.rooms.sale.market import statement

MIRRORED = statement("SELECT id, at, actor, role, verb, subject, detail FROM journal ORDER BY id")
FORGET = statement("DELETE FROM journal")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with open_event_log(tmp_path) as opened:
        yield opened


def write(log: EventLog, clock: ManualClock, subject: str = "sale:lamps", actor: str = "ada", **detail: str) -> Line:
    line = Line(at=clock.now(), actor=actor, role="merchant", verb="sale.pause", subject=subject, detail=detail)
    return journal.append(log, line)


def test_a_line_is_read_as_it_was_written(log: EventLog, clock: ManualClock):
    line = write(log, clock, reason="the price is wrong – 1 ¢")
    assert journal.lines(log) == [line]


def test_the_newest_line_comes_first_and_pages_join_without_gap_or_overlap(log: EventLog, clock: ManualClock):
    written = [write(log, clock) for _ in range(7)]
    first = journal.lines(log, limit=3)
    second = journal.lines(log, before=first[-1].id, limit=3)
    third = journal.lines(log, before=second[-1].id, limit=3)
    assert first + second + third == written[::-1]


def test_lines_are_found_by_subject_and_by_actor(log: EventLog, clock: ManualClock):
    lamps, chairs = write(log, clock, "sale:lamps"), write(log, clock, "sale:chairs", "bob")
    assert journal.lines(log, subject="sale:lamps") == [lamps]
    assert journal.lines(log, actor="bob") == [chairs]


@pytest.mark.parametrize("change", ["UPDATE journal SET actor = 'eve'", "DELETE FROM journal"])
def test_no_line_is_ever_changed_or_deleted(log: EventLog, clock: ManualClock, tmp_path: Path, change: str):
    line = write(log, clock)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite3.connect(tmp_path / "control.sqlite").execute(change)
    assert journal.lines(log) == [line]


def test_a_line_outlives_the_process_that_is_killed_right_after_it(tmp_path: Path):
    program = """
import os, pathlib, signal, sys
from datetime import UTC, datetime
from doorbuster import journal
with journal.open_event_log(pathlib.Path(sys.argv[1])) as log:
    journal.append(log, journal.Line(at=datetime.now(UTC), actor="a", role="r", verb="v", subject="s"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    with open_event_log(tmp_path) as log:
        assert [line.verb for line in journal.lines(log)] == ["v"]


def test_the_command_line_and_the_control_plane_write_at_the_same_time(tmp_path: Path, clock: ManualClock):
    with open_event_log(tmp_path) as one, open_event_log(tmp_path) as other:
        lines = [write(one, clock), write(other, clock), write(one, clock)]
        assert journal.lines(one) == journal.lines(other) == lines[::-1]


def test_only_its_owner_can_read_the_file(log: EventLog, clock: ManualClock, tmp_path: Path):
    write(log, clock)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("control.sqlite*")} == {0}


def test_a_failed_transaction_leaves_nothing(log: EventLog, clock: ManualClock):
    def write_and_fail() -> None:
        with log.transaction():
            write(log, clock)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert journal.lines(log) == []


def test_a_file_of_a_newer_release_is_refused_with_the_mend(tmp_path: Path):
    with open_event_log(tmp_path):
        pass
    sqlite3.connect(tmp_path / "control.sqlite").execute("PRAGMA user_version = 99")
    with pytest.raises(Misconfigured, match="newer release"), open_event_log(tmp_path):
        pass


def test_a_damaged_file_is_refused_with_the_mend(tmp_path: Path):
    (tmp_path / "control.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(Misconfigured, match="damaged"), open_event_log(tmp_path):
        pass


def test_a_log_that_cannot_be_written_says_so(log: EventLog, clock: ManualClock):
    log._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(EventLogUnavailable):
        write(log, clock)


async def test_the_mirror_brings_every_line_once_however_often_it_runs(
    log: EventLog, clock: ManualClock, database: Database
):
    written = [write(log, clock, reason="because") for _ in range(3)]
    assert [await mirror(log, database) for _ in range(3)] == [3, 0, 0]
    written.append(write(log, clock))
    await mirror(log, database)
    rows = await database.fetch(MIRRORED)
    assert [(row["id"], row["at"], row["detail"]) for row in rows] == [
        (each.id, each.at, each.detail) for each in written
    ]


async def test_a_mirror_that_died_after_sending_sends_again_without_harm(
    log: EventLog, clock: ManualClock, database: Database
):
    write(log, clock)
    await mirror(log, database)
    with sqlite3.connect(log._connection.execute("PRAGMA database_list").fetchone()["file"]) as raw:
        raw.execute("DELETE FROM watermarks")
    assert await mirror(log, database) == 1
    assert len(await database.fetch(MIRRORED)) == 1


async def test_a_fresh_database_gets_the_whole_story(log: EventLog, clock: ManualClock, database: Database):
    write(log, clock)
    await mirror(log, database)
    await database.execute(FORGET)
    write(log, clock)
    assert await mirror(log, database) == 2
    assert await mirror(log, database) == 0


async def test_the_mirror_carries_more_than_one_batch(log: EventLog, clock: ManualClock, database: Database):
    for _ in range(250):
        write(log, clock)
    assert [await mirror(log, database) for _ in range(3)] == [200, 50, 0]


def test_closing_waits_for_threads_that_are_still_reading(tmp_path: Path):
    program = """
import pathlib, sqlite3, sys, threading
from contextlib import suppress
from doorbuster import journal

def read_on(log):
    with suppress(sqlite3.ProgrammingError):
        while True:
            journal.lines(log)

for _ in range(40):
    with journal.open_event_log(pathlib.Path(sys.argv[1])) as log:
        readers = [threading.Thread(target=read_on, args=(log,)) for _ in range(3)]
        for reader in readers:
            reader.start()
    for reader in readers:
        reader.join()
"""
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60).returncode == 0


def test_who_comes_after_the_log_was_closed_is_told_so(tmp_path: Path) -> None:
    with open_event_log(tmp_path) as log:
        pass

    with pytest.raises(EventLogUnavailable, match="closed"):
        journal.lines(log)
