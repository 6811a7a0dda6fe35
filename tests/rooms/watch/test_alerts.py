"""The book of alerts: fires quickly, clears slowly, tells of causes, remembers over a restart."""

import asyncio
from datetime import timedelta

import pytest

from doorbuster.clock import ManualClock
from doorbuster.errors import EventLogUnavailable
from doorbuster.journal import Actor, lines, open_event_log
from doorbuster.watch import alert as life
from doorbuster.watch import silences
from doorbuster.watch.alerts import AlertBook
from doorbuster.watch.rules import RULES
from doorbuster.watch.series import open_series
from tests.rooms.watch.ticks import NOON, seconds

ME = Actor("ann", "operator")
TABLE = [rule for rule in RULES if "Budget" not in rule.name]
"""Without the budgets: minutes of trouble in a past of minutes are too much for any month."""


@pytest.fixture
def log(tmp_path):
    with open_event_log(tmp_path) as opened:
        yield opened


class Told:
    """Somebody who is told."""

    def __init__(self):
        self.alerts = []

    async def __call__(self, changed):
        self.alerts += changed

    @property
    def words(self):
        return [(each.rule, each.state, each.muted) for each in self.alerts]


class Days:
    """Goes through seconds with a book."""

    def __init__(self, log, told=None):
        self.book, self.now, self.told = AlertBook(log, TABLE, on_change=told or Told()), NOON, told

    async def go(self, count, **values):
        named = {name.replace("__", ":").replace("_", ".", 1): value for name, value in values.items()}
        for tick in seconds(count, named, since=self.now):
            await self.book.tell(self.book.judge(tick.at, tick), tick.at)
        self.now += count

    def names(self):
        return [each.rule for each in self.book.firing()]


async def test_trouble_is_pending_first_and_fires_after_its_hold(log):
    days = Days(log)
    await days.go(60)
    await days.go(3, hurt_share=0.3)

    assert [each.rule for each in days.book.pending()] == ["CustomersHurt"]
    assert days.names() == []

    await days.go(1, hurt_share=0.3)

    assert days.names() == ["CustomersHurt"]


async def test_a_moment_that_passes_is_never_told(log):
    days = Days(log, told := Told())
    await days.go(60)
    await days.go(2, hurt_share=0.3)
    await days.go(60)

    assert told.alerts == []
    assert life.history(log, 0) == []


async def test_it_clears_only_after_it_was_well_for_a_minute(log):
    days = Days(log, told := Told())
    await days.go(60)
    await days.go(20, hurt_share=0.3)
    await days.go(55)

    assert days.names() == ["CustomersHurt"]

    await days.go(10)

    assert days.names() == []
    assert told.words == [("CustomersHurt", "firing", False), ("CustomersHurt", "resolved", False)]


async def test_between_the_bounds_it_goes_on(log):
    days = Days(log)
    await days.go(60)
    await days.go(20, hurt_share=0.3)
    await days.go(600, hurt_share=0.03, http_slow=1.2)

    assert days.names() == ["CustomersHurt"]
    assert days.book.firing()[0].summary.startswith("30% of the last ten seconds' answers")


async def test_what_fires_again_and_again_clears_slower_and_says_so(log):
    days = Days(log)
    await days.go(60)
    for _ in range(3):
        await days.go(20, hurt_share=0.3)
        await days.go(70)
    assert days.names() == ["CustomersHurt"]
    assert days.book.firing()[0].flapping

    await days.go(300)

    assert days.names() == []


async def test_what_is_not_known_any_more_is_not_called_well(log):
    days = Days(log)
    await days.go(60)
    await days.go(40, host_memory_share=0.99)
    await days.go(600, host_memory_share=None)

    assert "HostMemoryGone" in days.names()

    await days.go(400, host_memory_share=None)

    assert "HostMemoryGone" not in days.names()
    assert life.history(log, 0, "HostMemoryGone")[0].summary.startswith("Not known any more")


async def test_while_the_database_is_down_one_alert_is_told_and_not_twenty(log):
    days = Days(log, told := Told())
    await days.go(60)
    await days.go(40, db_up=0.0, hurt_share=0.9, http_errors=36.0, http_p95=8.0, pool_wait_seconds=40.0)

    loud = [each.rule for each in told.alerts if not each.muted]
    assert loud == ["DatabaseDown"]
    assert {"CustomersHurt", "ErrorsHigh", "LatencyHigh", "PoolWaiting"} <= set(days.names())


async def test_a_consequence_that_outlives_its_cause_is_told_of(log):
    days = Days(log, told := Told())
    await days.go(60)
    await days.go(30, db_up=0.0, hurt_share=0.9)
    await days.go(30, hurt_share=0.9)

    assert ("CustomersHurt", "firing", False) in told.words


async def test_what_a_diagnosed_cause_explains_is_muted_and_stays_visible(log):
    days = Days(log, told := Told())
    await days.go(60)
    days.book.cause = "missing_index"
    await days.go(40, hurt_share=0.4, db_seq_rows__orders=900_000.0, pool_wait_seconds=30.0)

    muted = {each.rule: each.follows for each in days.book.firing() if each.muted}
    assert muted == {"PoolWaiting": "missing_index"}
    assert [each.rule for each in told.alerts if not each.muted] == ["CustomersHurt", "SequentialScans"]


async def test_connections_that_are_taken_page_also_when_that_is_the_diagnosed_cause(log):
    days = Days(log, told := Told())
    await days.go(60)
    days.book.cause = "connection_exhaustion"
    await days.go(20, db_refused_connections=3.0)

    assert ("ConnectionsExhausted", "firing", False) in told.words


async def test_a_page_is_a_consequence_only_while_another_page_calls_somebody(log):
    days = Days(log, told := Told())
    await days.go(60)
    days.book.cause = "io_saturation"
    await days.go(20, db_refused_connections=3.0)
    assert ("ConnectionsExhausted", "firing", False) in told.words

    await days.go(30, db_refused_connections=3.0, hurt_share=0.4)

    muted = {each.rule: each.follows for each in days.book.firing() if each.muted}
    assert muted == {"ConnectionsExhausted": "io_saturation"}


async def test_a_subject_that_is_gone_is_well(log):
    days = Days(log)
    await days.go(60)
    await days.go(60, db_seq_rows__orders=900_000.0)
    assert [each.subject for each in days.book.firing()] == ["orders"]

    await days.go(90)

    assert days.names() == []


async def test_what_fired_before_a_restart_fires_after_it_and_is_not_told_twice(log):
    before = Days(log, Told())
    await before.go(60)
    await before.go(20, hurt_share=0.3)

    after = Days(log, told := Told())
    after.book.restore()
    after.now = before.now
    await after.go(30, hurt_share=0.3)

    assert [(each.rule, each.since) for each in after.book.firing()] == [("CustomersHurt", NOON + 60)]
    assert told.alerts == []
    assert len(life.history(log, 0)) == 1


async def test_every_firing_is_kept_with_when_and_how_much(log):
    days = Days(log)
    await days.go(60)
    await days.go(20, hurt_share=0.3)
    await days.go(10, hurt_share=0.12)
    await days.go(70)

    (kept,) = life.history(log, NOON)
    assert (kept.rule, kept.state, kept.since, kept.fired_at) == ("CustomersHurt", "resolved", NOON + 60, NOON + 63)
    assert kept.resolved_at == NOON + 90 + 60
    assert "30%" in kept.summary


async def test_a_silenced_alert_is_judged_and_shown_but_nobody_is_told(log):
    clock = ManualClock()
    silences.silence(log, ME, rule="CustomersHurt", reason="a drill", now=clock.now(), lasts=timedelta(hours=1))
    days = Days(log, told := Told())
    days.book.silences = silences.in_force(log, clock.now())
    await days.go(60)
    await days.go(20, hurt_share=0.3)

    assert days.names() == ["CustomersHurt"]
    assert [each for each in told.alerts if not each.muted] == []
    assert lines(log)[0].verb == "alert.silence"
    assert lines(log)[0].detail["reason"] == "a drill"


async def test_a_silence_that_ends_makes_a_firing_alert_loud(log):
    clock = ManualClock()
    number = silences.silence(log, ME, team="web", reason="a drill", now=clock.now(), lasts=timedelta(hours=1))
    days = Days(log, told := Told())
    days.book.silences = silences.in_force(log, clock.now())
    await days.go(60)
    await days.go(20, hurt_share=0.3)
    assert silences.end(log, ME, number, reason="the drill is over", now=clock.now())
    assert not silences.end(log, ME, number, reason="twice", now=clock.now())
    days.book.silences = silences.in_force(log, clock.now())
    await days.go(1, hurt_share=0.3)

    assert told.words[-1] == ("CustomersHurt", "firing", False)


def test_a_silence_covers_its_rule_its_subject_or_its_team_and_no_more(log):
    clock = ManualClock()
    silences.silence(
        log, ME, rule="SequentialScans", subject="orders", reason="known", now=clock.now(), lasts=timedelta(hours=1)
    )
    (one,) = silences.in_force(log, clock.now())

    assert one.covers("SequentialScans", "orders", "database")
    assert not one.covers("SequentialScans", "products", "database")
    assert not one.covers("LockWaits", "orders", "database")
    clock.advance(3601)
    assert silences.in_force(log, clock.now()) == []


async def test_who_could_not_be_told_is_told_the_next_second(log):
    heard = []

    async def deaf_once(changed):
        heard.append([each.rule for each in changed])
        if len(heard) == 1:
            raise EventLogUnavailable("the disk is full")

    days = Days(log, deaf_once)
    await days.go(60)
    await days.go(10, hurt_share=0.3)

    assert heard == [["CustomersHurt"], ["CustomersHurt"]]


async def test_a_disk_that_refuses_keeps_nobody_from_being_told(tmp_path):
    with open_event_log(tmp_path) as log:
        days = Days(log, told := Told())
        await days.go(60)

        def refuse(*_, **__):
            raise EventLogUnavailable("the disk is full")

        log.execute, allowed = refuse, log.execute
        await days.go(10, hurt_share=0.3)
        assert told.words == [("CustomersHurt", "firing", False)]
        log.execute = allowed
        await days.go(1, hurt_share=0.3)

        assert [each.rule for each in life.open_alerts(log)] == ["CustomersHurt"]


async def test_the_book_judges_each_second_what_the_series_has(log, tmp_path):
    clock = ManualClock()
    now = int(clock.now().timestamp())
    with open_series(tmp_path / "series.sqlite", now) as series:
        for tick in seconds(60, since=now - 60):
            series.add(tick)
        book = AlertBook(log, TABLE, on_change=(told := Told()))
        judging = asyncio.create_task(book.run(series, clock))
        async with asyncio.timeout(30):
            while not told.alerts:
                clock.advance(1)
                for tick in seconds(1, {"db.up": 0.0}, since=int(clock.now().timestamp())):
                    series.add(tick)
                await asyncio.sleep(0.3)
        judging.cancel()

    assert told.words[0] == ("DatabaseDown", "firing", False)
    assert book.past.minutes["http.requests"].between(now // 60 - 1, now // 60 - 1)


async def test_the_history_forgets_what_is_older_than_a_month(log):
    days = Days(log)
    await days.go(60)
    await days.go(30, hurt_share=0.3)
    await days.go(70)

    assert life.forget(log, NOON + 34 * 86_400) == 0
    assert life.forget(log, NOON + 40 * 86_400) == 1
