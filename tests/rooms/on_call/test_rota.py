"""Who is on call: exactly one at every instant, with hand-overs that know summer time."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorbuster.errors import Misconfigured
from doorbuster.journal import Actor, open_event_log
from doorbuster.on_call.people import add_person
from doorbuster.on_call.rota import Override, Rota, Rotation, rota_at, set_rotation, stand_in, take_back

ANN = Actor("ann", "operator")
WEEKLY = Rotation("database", "Europe/London", time(9), 7, date(2026, 3, 2), (1, 2, 3))
MOMENTS = some.integers(0, 360 * 24 * 60).map(
    lambda minutes: datetime(2026, 3, 3, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(MOMENTS, some.integers(1, 28))
def test_exactly_one_is_on_call_at_every_instant(moment, days):
    rotation = Rotation("web", "America/New_York", time(9, 30), days, date(2026, 3, 2), (4, 5))

    assert rotation.person_at(moment) in (4, 5)


@given(some.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
       some.times().map(lambda at: at.replace(second=0, microsecond=0)), some.integers(1, 9))  # fmt: skip
def test_in_a_year_with_both_changes_of_the_clocks_each_shift_is_one_stretch_and_none_is_empty(zone, at, days):
    rota = Rota({"web": Rotation("web", zone, at, days, date(2026, 1, 1), (1, 2, 3))}, [])

    stretches = rota.stretches("web", datetime(2026, 1, 3, tzinfo=UTC), 360)

    assert all(each.person_id is not None for each in stretches)
    assert all(later.person_id == one.person_id % 3 + 1 for one, later in pairwise(stretches))
    assert all(abs((each.ends - each.begins) - timedelta(days=days)) <= timedelta(hours=1) for each in stretches[1:-1])


def test_a_hand_over_in_the_hour_that_comes_twice_is_not_taken_back():
    """On 25 October 2026 London's clocks go back at two: half past one comes at 00:30 and at 01:30 in UTC."""
    nightly = Rotation("web", "Europe/London", time(1, 30), 1, date(2026, 3, 2), (1, 2))
    instants = [datetime(2026, 10, 25, 0, minute, tzinfo=UTC) for minute in (29, 30, 59)]
    instants.append(datetime(2026, 10, 25, 1, 10, tzinfo=UTC))

    before, *after = [nightly.person_at(instant) for instant in instants]

    assert after == [3 - before] * 3


def test_a_time_without_anybody_is_a_stretch_of_its_own():
    rota = Rota({"database": WEEKLY}, [])

    before, first = rota.stretches("database", datetime(2026, 3, 1, 12, tzinfo=UTC), 2)

    assert (before.person_id, first.person_id) == (None, 1)
    assert before.ends == datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_nobody_is_on_call_before_it_began():
    assert WEEKLY.person_at(datetime(2026, 3, 2, 8, 59, tzinfo=UTC)) is None


@pytest.mark.parametrize("hour", [0, 3, 8, 9, 12, 23])
def test_a_rotation_that_begins_at_once_has_somebody_at_any_hour(hour: int):
    now = datetime(2026, 7, 4, hour, 30, tzinfo=UTC)
    for zone in ("UTC", "Europe/London", "Pacific/Auckland", "America/Los_Angeles"):
        begun = replace(WEEKLY, zone=zone, begins=date(2000, 1, 1)).beginning(now)

        assert begun.person_at(now) == WEEKLY.people[0]
        assert begun.person_at(now - timedelta(days=1)) is None


def test_the_shift_is_handed_over_at_the_local_time():
    assert WEEKLY.person_at(datetime(2026, 3, 9, 8, 59, tzinfo=UTC)) == 1
    assert WEEKLY.person_at(datetime(2026, 3, 9, 9, 0, tzinfo=UTC)) == 2


def test_the_hand_over_stays_at_nine_when_summer_time_begins():
    """On 29 March 2026 London's clocks go forward: nine o'clock there is eight in UTC."""
    assert WEEKLY.person_at(datetime(2026, 3, 30, 7, 59, tzinfo=UTC)) == 1
    assert WEEKLY.person_at(datetime(2026, 3, 30, 8, 0, tzinfo=UTC)) == 2


def test_who_stands_in_comes_first_and_only_for_the_time():
    christmas = datetime(2026, 12, 24, tzinfo=UTC)
    rota = Rota({"database": WEEKLY}, [Override(1, "database", 9, int(christmas.timestamp()),
                                                int((christmas + timedelta(days=1)).timestamp()))])  # fmt: skip

    assert rota.on_call("database", christmas) == (9, True)
    assert rota.on_call("database", christmas + timedelta(days=1)) == (WEEKLY.person_at(christmas), False)


def test_a_week_is_drawn_in_stretches_without_gaps():
    since = datetime(2026, 3, 5, tzinfo=UTC)
    stretches = Rota({"database": WEEKLY}, []).stretches("database", since, 14)

    assert [each.person_id for each in stretches] == [1, 2, 3]
    assert stretches[0].begins == since
    assert all(one.ends == other.begins for one, other in pairwise(stretches))


def test_a_rotation_is_read_back_as_it_was_set(tmp_path):
    with open_event_log(tmp_path) as log:
        set_rotation(log, ANN, WEEKLY, datetime(2026, 3, 3, tzinfo=UTC))

        assert rota_at(log, datetime(2026, 3, 3, tzinfo=UTC)).rotations == {"database": WEEKLY}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"team": "cats"}, "no team 'cats'"), ({"zone": "Mars/Base"}, "no time zone"), ({"people": ()}, "at least one"),
     ({"days": 0}, "1 to 28")],
)  # fmt: skip
def test_a_rotation_that_cannot_be_is_refused_with_the_reason(tmp_path, change, complaint):
    facts = {
        "team": "database",
        "zone": "UTC",
        "hand_over": time(9),
        "days": 7,
        "begins": date(2026, 3, 2),
        "people": (1,),
    }
    with open_event_log(tmp_path) as log, pytest.raises(Misconfigured, match=complaint):
        set_rotation(log, ANN, Rotation(**{**facts, **change}), datetime(2026, 3, 3, tzinfo=UTC))


def test_nobody_stands_in_backwards(tmp_path):
    now = datetime(2026, 3, 3, tzinfo=UTC)
    with open_event_log(tmp_path) as log, pytest.raises(Misconfigured, match="end before it begins"):
        stand_in(log, ANN, Override(0, "web", 1, int(now.timestamp()), int(now.timestamp())), now)


def test_who_stands_in_is_taken_back_once(tmp_path):
    now = datetime(2026, 3, 3, tzinfo=UTC)
    begins = int(now.timestamp())
    with open_event_log(tmp_path) as log:
        bea = add_person(log, ANN, "Bea", now)
        number = stand_in(log, ANN, Override(0, "web", bea, begins, begins + 3_600), now)
        assert rota_at(log, now).on_call("web", now) == (bea, True)

        assert take_back(log, ANN, number, now)

        assert rota_at(log, now).on_call("web", now) == (None, False)
        assert not take_back(log, ANN, number, now)
