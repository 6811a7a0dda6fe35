"""The auditor's rounds by itself: when it begins, what it makes room for, and what it tells."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest

from doorbuster.audit import rounds as audit_rounds
from doorbuster.audit.last import LastAudit, last_audit, remember
from doorbuster.audit.rounds import CALM_SECONDS, Rounds
from doorbuster.clock import ManualClock, SystemClock
from doorbuster.database import Database, open_database

SMALL_SHOP = Path(__file__).with_name("small_shop.sql").read_text()
POOL = "00000000-0000-7000-8000-0000000000c2"


def rounds(database: Database, home: Path, clock: ManualClock | SystemClock, every: int = 900) -> Rounds:
    return Rounds(database, clock, home, every_seconds=every, why_not_now=lambda: trouble[0], chance=Random(1))


trouble = [""]


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is calm, and nobody rests."""
    trouble[0] = ""
    monkeypatch.setattr(audit_rounds, "REST", 0.0)


@pytest.fixture
def shop_url(database_url: str) -> str:
    run_sql(database_url, SMALL_SHOP)
    return database_url


def run_sql(url: str, statements: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statements)


async def test_a_drift_planted_behind_the_shops_back_is_found_told_and_over_when_it_is_mended(
    shop_url: str, database: Database, tmp_path: Path
) -> None:
    auditor = rounds(database, tmp_path, SystemClock())
    await auditor.go()
    assert auditor.signals()["stock.drift"] == 0.0

    run_sql(shop_url, f"UPDATE stock_pools SET sold = sold + 1 WHERE id = '{POOL}'")
    await auditor.go()

    assert auditor.signals()["stock.drift"] == 1.0
    found = last_audit(tmp_path)
    assert found is not None
    assert found.report is not None
    assert any("its movements add up to 10/1/1" in each for result in found.report.results for each in result.findings)

    run_sql(shop_url, f"UPDATE stock_pools SET sold = sold - 1 WHERE id = '{POOL}'")
    await auditor.go()
    assert auditor.signals()["stock.drift"] == 0.0


async def test_a_shop_that_was_never_audited_is_audited_after_a_minute_of_calm(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    auditor = rounds(database, tmp_path, clock)
    assert "audit.age_seconds" not in auditor.signals()
    assert not auditor.is_due()

    clock.advance(CALM_SECONDS)

    assert auditor.is_due()


async def test_the_next_round_is_due_about_its_interval_after_the_last_whoever_did_that(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    remember(tmp_path, LastAudit(clock.now() - timedelta(seconds=300), clean=True))
    auditor = rounds(database, tmp_path, clock)
    assert auditor.signals()["audit.age_seconds"] == 300

    clock.advance(900 * 0.9 - 301)
    assert not auditor.is_due()
    clock.advance(900 * 0.2 + 1)
    assert auditor.is_due()


async def test_trouble_puts_a_round_off_until_a_minute_after_it(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    auditor = rounds(database, tmp_path, clock)
    trouble[0] = "the gate turns requests away"
    clock.advance(3_600)
    assert not auditor.is_due()
    assert auditor.why == "the gate turns requests away"

    trouble[0] = ""
    assert not auditor.is_due()
    clock.advance(CALM_SECONDS)
    assert auditor.is_due()


async def test_who_asks_need_not_wait_for_the_interval_but_for_the_trouble(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    auditor = rounds(database, tmp_path, clock, every=0)
    clock.advance(86_400)
    assert not auditor.is_due()

    trouble[0] = "customers wait or get errors"
    auditor.ask()
    assert not auditor.is_due()

    trouble[0] = ""
    assert auditor.is_due()


async def test_a_check_at_work_is_broken_off_when_trouble_begins_and_done_again_after_it(
    shop_url: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_rounds, "BEAT_SECONDS", 0.02)
    auditor = rounds(database, tmp_path, SystemClock())
    with closing(psycopg.connect(shop_url)) as other:
        other.execute("LOCK TABLE stock_pools IN ACCESS EXCLUSIVE MODE")
        async with asyncio.TaskGroup() as both:
            both.create_task(auditor.go())
            await until(lambda: at_work(shop_url) == 1)
            trouble[0] = "the gate turns requests away"
            await until(lambda: at_work(shop_url) == 0 and auditor.signals()["audit.running"] == 0.0)

            assert last_audit(tmp_path) is None

            other.rollback()
            trouble[0] = ""

    assert last_audit(tmp_path) is not None


async def test_a_round_in_which_a_check_takes_too_long_does_not_count_and_names_it(
    shop_url: str, tmp_path: Path, clock: ManualClock
) -> None:
    with closing(psycopg.connect(shop_url)) as other:
        other.execute("LOCK TABLE refunds IN ACCESS EXCLUSIVE MODE")
        async with open_database(shop_url, connections=1, application="audit", statement_timeout_ms=1_000) as hurried:
            auditor = rounds(hurried, tmp_path, clock)
            await auditor.go()

    assert {"refunds", "payments_unsettled"} <= set(auditor.unfinished)
    assert last_audit(tmp_path) is None
    assert auditor.next_at > clock.now()


async def test_a_table_that_is_not_there_ends_no_round_and_is_no_clean_audit(
    shop_url: str, database: Database, tmp_path: Path
) -> None:
    run_sql(shop_url, "ALTER TABLE refunds RENAME TO elsewhere")
    auditor = rounds(database, tmp_path, SystemClock())

    await auditor.go()

    assert set(auditor.unfinished) == {"refunds", "payments_unsettled"}
    assert last_audit(tmp_path) is None


async def test_what_an_older_release_wrote_is_still_read(tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text('{"at":"2026-11-27T12:00:00Z","clean":true}')

    found = last_audit(tmp_path)

    assert found is not None
    assert found.clean
    assert found.report is None


def at_work(url: str) -> int:
    """How many of the auditor's statements wait for the lock."""
    with closing(psycopg.connect(url)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
    assert row is not None
    return int(row[0])


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
