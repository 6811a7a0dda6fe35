"""Are customers all right?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorbuster.control.charts import HEIGHT, sale_chart, sparkline
from doorbuster.control.pulse import Point
from doorbuster.control.verdict import Facts, judge
from doorbuster.control.words import span

WELL = Facts(database_up=True, shop_workers=2, requests=1000, broken=0, p95_seconds=0.02, longest_lag_seconds=0.01)


def test_a_healthy_shop_is_all_right():
    assert judge(WELL).level == "good"


def test_a_database_that_does_not_answer_hurts():
    assert judge(replace(WELL, database_up=False)).level == "bad"


def test_a_shop_without_workers_hurts():
    assert judge(replace(WELL, shop_workers=0)).level == "bad"


def test_customers_who_are_turned_away_are_hurt_and_the_cause_is_said():
    verdict = judge(replace(WELL, turned_away=300))

    assert verdict.level == "bad"
    assert "30% of the last minute's requests were told to come back" in verdict.reasons[0]
    assert "Restarting workers will not help" in verdict.reasons[0]


def test_a_shop_that_leaves_something_out_says_so():
    assert judge(replace(WELL, brownout_step=2)).level == "warn"


def test_one_percent_of_broken_answers_hurts_and_a_single_one_of_few_does_not():
    assert judge(replace(WELL, broken=10)).level == "bad"
    assert judge(replace(WELL, requests=10, broken=1)).level == "good"


def test_slow_pages_and_late_loops_are_worth_a_look():
    assert judge(replace(WELL, p95_seconds=1.5)).level == "warn"
    assert judge(replace(WELL, longest_lag_seconds=0.5)).level == "warn"


def test_a_store_that_is_away_is_told_and_one_that_is_not_set_is_not():
    assert judge(replace(WELL, limits_shared=False)).level == "warn"
    assert judge(replace(WELL, limits_shared=None)).level == judge(replace(WELL, limits_shared=True)).level == "good"


def test_what_hurts_comes_first():
    reasons = judge(replace(WELL, database_up=False, p95_seconds=3.0)).reasons
    assert "database" in reasons[0]
    assert len(reasons) == 2


def test_durations_are_read_at_a_glance():
    assert [span(each) for each in (-3, 0, 59, 60, 3600, 11_100, 200_000)] == [
        "0 s", "0 s", "59 s", "1 min", "1 h 00 min", "3 h 05 min", "2 days",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=2, max_size=700))
def test_a_chart_stays_within_its_frame_and_within_its_size(counts: list[tuple[int, int]]):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    points = [Point(start + timedelta(seconds=at), 0, held, sold) for at, (held, sold) in enumerate(counts)]
    chart = sale_chart(points, 100)
    assert chart is not None
    heights = [float(pair.split()[1]) for path in (chart.sold, chart.held) for pair in path[1:-2].split(" L")]
    assert all(0 <= height <= HEIGHT for height in heights)
    assert len(chart.sold) < 20_000


def test_too_little_to_draw_is_no_chart():
    assert sale_chart([], 10) is None
    assert sparkline([]).startswith("M0")
