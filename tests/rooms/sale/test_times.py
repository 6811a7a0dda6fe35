"""Moments as people type them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorbuster.sale.times import NotAMoment, parse_moment

NOW = datetime(2026, 6, 18, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("now", NOW),
        ("in 5 minutes", NOW + timedelta(minutes=5)),
        ("In 1 hour", NOW + timedelta(hours=1)),
        ("in 2  days", NOW + timedelta(days=2)),
        ("2026-11-27T15:00Z", datetime(2026, 11, 27, 15, tzinfo=UTC)),
        ("2026-11-27T15:00", datetime(2026, 11, 27, 15, tzinfo=UTC)),
        ("2026-11-27 16:00+01:00", datetime(2026, 11, 27, 15, tzinfo=UTC)),
    ],
)
def test_what_people_write_is_understood(typed: str, moment: datetime):
    assert parse_moment(typed, NOW) == moment


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "in a minute",
        "in 5 fortnights",
        "2026-13-01",
        "15:00",
        "9999-01-01",
        "in 999999 weeks",
        "0001-01-01T00:00+23:59",
        "in ٣ days",
    ],
)
def test_what_is_no_moment_says_how_to_write_one(typed: str):
    with pytest.raises(NotAMoment):
        parse_moment(typed, NOW)


@given(st.text(max_size=40))
def test_any_text_is_an_aware_moment_or_not_a_moment(typed: str):
    with suppress(NotAMoment):
        assert parse_moment(typed, NOW).tzinfo is not None
