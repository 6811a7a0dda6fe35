"""The past of the signals: seconds for an hour, minutes for a month, over every restart."""

import math
import os

import pytest

from doorbuster.watch.blocks import NAMES_MAX, Block
from doorbuster.watch.changes import Change
from doorbuster.watch.series import HOUR_SECONDS, Series, open_series
from doorbuster.watch.signals import Tick

BEGIN = 1_800_000_000 - 1_800_000_000 % HOUR_SECONDS


def fill(series: Series, since: int, seconds: int, *, save_each: int = 60) -> None:
    for at in range(since, since + seconds):
        series.add(Tick(at, {"http.requests": float(at % 60), "db.up": 1.0}))
        if at % save_each == 0:
            series.save()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "series.sqlite"


def test_the_last_seconds_are_at_hand(path):
    with open_series(path) as series:
        fill(series, BEGIN, 100)

        recent = series.recent(30)

    assert [tick.at for tick in recent] == list(range(BEGIN + 70, BEGIN + 100))
    assert recent[-1].values == {"http.requests": 39.0, "db.up": 1.0}


def test_seconds_are_kept_for_an_hour_and_minutes_before(path):
    with open_series(path) as series:
        fill(series, BEGIN, 2 * HOUR_SECONDS)

        old = series.read("http.requests", BEGIN, BEGIN + HOUR_SECONDS - 120)
        new = series.read("http.requests", BEGIN + HOUR_SECONDS + 600, BEGIN + 2 * HOUR_SECONDS)

    assert old == [(BEGIN + 60 * minute, 29.5) for minute in range(59)]
    assert new[0] == (BEGIN + HOUR_SECONDS + 600, 0.0)
    assert len(new) == HOUR_SECONDS - 600


def test_the_peak_of_a_minute_is_kept_beside_its_mean(path):
    with open_series(path) as series:
        fill(series, BEGIN, 2 * HOUR_SECONDS)

        assert series.read("max:http.requests", BEGIN, BEGIN)[0] == (BEGIN, 59.0)


def test_a_restart_loses_nothing(path):
    with open_series(path) as series:
        fill(series, BEGIN, 200)
        series.note(Change(BEGIN + 3, "index_dropped", "orders_by_number"))
        series.remember("changes", "text")
    with open_series(path, BEGIN + 205) as series:
        assert len(series.recent(900)) == 200
        assert series.changes(BEGIN) == [Change(BEGIN + 3, "index_dropped", "orders_by_number")]
        assert series.noted("changes") == "text"
        fill(series, BEGIN + 205, 30)
        assert series.read("http.requests", BEGIN + 190, BEGIN + 210) == [
            *((at, float(at % 60)) for at in range(BEGIN + 190, BEGIN + 200)),
            *((at, float(at % 60)) for at in range(BEGIN + 205, BEGIN + 211)),
        ]


def test_what_a_minute_began_before_a_crash_is_not_lost_from_its_mean(path):
    crash = open_series(path)
    fill(crash.__enter__(), BEGIN, 31, save_each=10)  # and it never comes to its end
    with open_series(path, BEGIN + 31) as series:
        fill(series, BEGIN + 31, 40)
        series.save()
    with open_series(path, BEGIN + 2 * HOUR_SECONDS) as series:
        series.add(Tick(BEGIN + 2 * HOUR_SECONDS, {}))
        assert series.read("http.requests", BEGIN, BEGIN) == [(BEGIN, 29.5)]


def test_the_file_stays_small(path):
    with open_series(path) as series:
        for hour in range(4):
            fill(series, BEGIN + hour * HOUR_SECONDS, HOUR_SECONDS, save_each=600)

        assert len(list(series._blocks(1, 0, BEGIN + 4 * HOUR_SECONDS))) <= 73


def test_a_damaged_file_is_moved_aside(path):
    path.write_bytes(os.urandom(8_192))
    with open_series(path) as series:
        fill(series, BEGIN, 3)

    assert path.with_suffix(".damaged").exists()


def test_a_full_disk_stops_nothing(path):
    with open_series(path) as series:
        series._connection.execute("PRAGMA max_page_count = 8")
        for at in range(BEGIN, BEGIN + 300):
            series.add(Tick(at, {f"name:{number}": os.urandom(1)[0] * 1.1 for number in range(200)}))
        series.save()

        assert len(series.recent(600)) == 300


def test_a_block_comes_back_as_it_was_packed():
    block = Block(1, 600)
    block.put(0, {"a": 1.5, "b": 2.0})
    block.put(59, {"a": 3.5})

    again = Block.unpacked(1, 600, block.packed())

    assert list(again.of("a")) == [(600, 1.5), (659, 3.5)]
    assert again.at(59) == {"a": 3.5}
    assert again.means() == {"a": 2.5, "b": 2.0}
    assert again.highest("c") is None


def test_a_block_takes_no_more_names_than_it_may():
    block = Block(1, 0)
    block.put(0, {f"n{number}": math.pi for number in range(NAMES_MAX + 10)})

    assert len(block.columns) == NAMES_MAX


def test_bytes_that_are_no_block_are_refused():
    with pytest.raises(ValueError, match="damaged"):
        Block.unpacked(1, 0, b"nonsense")
