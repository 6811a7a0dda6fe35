"""The measure of the alerts: series are scored as they are labelled, a calm shop is calm, planted trouble is seen."""

import random

import pytest

from doorbuster.bench.alerts.nab import DETECTORS, Labelled, scored
from doorbuster.bench.alerts.replay import replay, seconds_until
from doorbuster.bench.alerts.shop import Shop
from doorbuster.bench.alerts.traces import Trace
from doorbuster.journal import open_event_log
from doorbuster.watch.rules import RULES
from tests.rooms.watch.ticks import NOON

LEVEL = [100.0] * 1000


@pytest.fixture
def log(tmp_path):
    with open_event_log(tmp_path) as opened:
        yield opened


@pytest.fixture
def calm():
    return Trace("calm", NOON, [(NOON - 60 * ago, 40.0) for ago in range(4000, 0, -1)], [40.0] * 900)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("spike", [*LEVEL, 900.0, *LEVEL[:100]]),
        ("silence", [*LEVEL, *[0.0] * 5, *LEVEL[:100]]),
        ("level shift", [*LEVEL, *[400.0] * 100]),
    ],
)
def test_each_detector_finds_what_it_is_for_once_inside_the_window(name, values):
    assert scored(Labelled(values, [(995, 1050)]), [DETECTORS[name]]) == (1, 0, 1, 1)


@pytest.mark.parametrize("name", DETECTORS)
def test_a_level_series_raises_no_alarm(name):
    assert scored(Labelled(LEVEL, []), [DETECTORS[name]]) == (0, 0, 0, 0)


def test_an_alarm_outside_every_window_is_false_and_the_window_is_missed():
    values = [*LEVEL, 900.0, *LEVEL[:100]]

    assert scored(Labelled(values, [(1050, 1080)]), [DETECTORS["spike"]]) == (0, 1, 0, 1)


def test_a_calm_quarter_of_an_hour_pages_nobody(log, calm):
    assert replay(calm, 100.0, log).fired == []


def test_planted_trouble_is_timed_from_its_first_second(log, calm):
    assert 1 <= seconds_until(calm, 100.0, log, 750, rule="CustomersHurt", hurt=0.6) <= 10
    assert 1 <= seconds_until(calm, 100.0, log, 750, rule="TrafficSpike", times=10) <= 10


def test_the_shop_that_is_well_has_every_signal_that_the_table_judges():
    tick = Shop(100.0, random.Random(1)).tick(NOON, 40.0)
    judged = {rule.measure.drawn.partition(":")[0] for rule in RULES if rule.measure.drawn}

    named = {name.partition(":")[0] for name in tick.values}
    assert judged - named <= {"db.bloat_share"}
