"""The doctor over time: when an episode begins and ends, what is named and stays named, what is frozen."""

import asyncio
from collections import deque
from pathlib import Path
from random import Random

from doorbuster.journal import open_event_log
from doorbuster.watch.diagnosis import records
from doorbuster.watch.diagnosis.doctor import Doctor, Evidence, Senses
from doorbuster.watch.diagnosis.examination import Examination
from doorbuster.watch.signals import Tick
from tests.rooms.watch.diagnosis.cases import CASES, ONSET, WELL, Case, scattered, ticks


class Ward:
    """A house that a doctor looks at, second by second."""

    def __init__(self, case: Case) -> None:
        self.case, self.chance = case, Random(1)
        self.seen = ticks(case.ill, self.chance, seconds=0)
        self.kept: list[Evidence] = []
        self.asked: list[list[str]] = []
        self.doctor = Doctor(
            Senses(
                ticks=lambda seconds: self.seen[-seconds:],
                changes=lambda _: case.changes,
                sessions=lambda: case.sessions,
                holders=lambda: (),
                examine=self.examine,
                keep=self.keep,
                database_cores=2,
            )
        )

    async def examine(self, queries: object) -> Examination:
        self.asked.append(list(queries))  # type: ignore[call-overload]
        return self.case.examined

    async def keep(self, evidence: Evidence) -> None:
        self.kept.append(evidence)

    def live(self, seconds: int, **values: float) -> None:
        """Let seconds pass: ill ones with the case's signals, or well ones when `values` say so."""
        for _ in range(seconds):
            self.seen.append(Tick(self.seen[-1].at + 1, scattered({**WELL, **values}, self.chance)))
            asyncio.run(self.doctor.look())

    def suffer(self, seconds: int) -> None:
        self.live(seconds, **self.case.ill)


def test_a_missing_index_is_named_within_five_seconds_and_stays_named():
    ward = Ward(CASES["missing_index"])

    ward.suffer(5)
    named = ward.doctor.episode
    ward.suffer(60)

    assert named is not None
    assert named.named_at is not None
    assert named.named_at - ONSET <= 5
    assert ward.doctor.diagnosis is not None
    assert ward.doctor.diagnosis.cause == "missing_index"


def test_the_busiest_statements_are_asked_about():
    ward = Ward(CASES["missing_index"])

    ward.suffer(5)

    assert ward.asked[0][0] == "orders_of_shopper"


def test_an_index_that_is_missed_is_named_while_the_guard_still_keeps_it_from_customers():
    ward = Ward(CASES["missing_index"])
    felt = {name: value for name, value in WELL.items() if name.startswith(("http.", "hurt.", "guard."))}

    ward.live(10, **{**CASES["missing_index"].ill, **felt, "db.seq_rows": 2e6})

    assert ward.doctor.episode is not None
    assert not ward.doctor.episode.pain.felt
    assert ward.doctor.episode.diagnosis.cause == "missing_index"


def test_what_clears_up_last_is_not_named_for_what_customers_felt():
    ward = Ward(CASES["missing_index"])
    ward.suffer(20)

    # Nobody is hurt any more, but nearly all connections are still taken.
    ward.live(30, **{"db.connections": 98.0, "db.connections_max": 100.0})

    assert ward.doctor.diagnosis is not None
    assert ward.doctor.diagnosis.cause == "missing_index"


def test_the_episode_ends_after_fifteen_calm_seconds():
    ward = Ward(CASES["lock_contention"])
    ward.suffer(10)

    ward.live(14)
    still = ward.doctor.episode
    ward.live(3)

    assert still is not None
    assert ward.doctor.episode is None
    assert ward.doctor.past[-1].diagnosis.cause == "lock_contention"


def test_what_is_felt_long_after_something_that_nobody_felt_is_an_episode_of_its_own():
    ward = Ward(CASES["replication_lag"])
    ward.suffer(200)
    locked = {**CASES["lock_contention"].ill, "db.replication_lag_seconds": 90.0}
    ward.live(5, **locked)

    assert ward.doctor.past[-1].diagnosis.cause == "replication_lag"
    assert ward.doctor.episode is not None
    assert ward.doctor.episode.pain.onset == ONSET + 200
    assert ward.doctor.episode.usual.p95 < 0.1


def test_what_nobody_felt_for_minutes_and_has_grown_is_still_the_same():
    ward = Ward(CASES["bad_query"])
    mild = {**CASES["bad_query"].ill, "http.p95": 0.45, "http.in_flight": 8.0, "http.slow": 0.0}
    ward.live(150, **mild)
    ward.live(45, **{**CASES["bad_query"].ill, "http.p95": 1.2})

    assert ward.doctor.past == deque()
    assert ward.doctor.episode is not None
    assert ward.doctor.episode.diagnosis.cause == "bad_query"
    assert ward.doctor.episode.pain.felt


def test_what_is_felt_soon_after_something_that_nobody_felt_has_begun_with_it():
    ward = Ward(CASES["missing_index"])
    ward.live(10, **{"db.indexes_lacking": 1.0})
    ward.suffer(5)

    assert ward.doctor.past == deque()
    assert ward.doctor.episode is not None
    assert ward.doctor.episode.pain.onset == ONSET


def test_an_index_that_nobody_adds_becomes_usual_and_hides_nothing():
    ward = Ward(Case({"db.indexes_lacking": 1.0}, examined=CASES["missing_index"].examined))

    ward.suffer(700)

    assert ward.doctor.episode is None
    assert [episode.diagnosis.cause for episode in ward.doctor.past] == ["missing_index"]


def test_evidence_is_frozen_three_times():
    ward = Ward(CASES["bad_query"])

    ward.suffer(130)

    assert [evidence.diagnosis.at - ONSET for evidence in ward.kept] == [5, 30, 120]


def test_another_cause_must_stand_for_three_seconds_to_take_the_name():
    ward = Ward(CASES["slow_payments"])
    ward.suffer(20)
    ward.live(1, **CASES["database_down"].ill)
    after_one = ward.doctor.diagnosis

    ward.live(4, **CASES["database_down"].ill)

    assert after_one is not None
    assert after_one.cause == "slow_payments"
    assert ward.doctor.diagnosis is not None
    assert ward.doctor.diagnosis.cause == "database_down"


def test_a_calm_day_has_no_episode():
    ward = Ward(Case({}))

    ward.live(300)

    assert ward.doctor.episode is None
    assert not ward.doctor.past


def test_frozen_evidence_is_read_back_as_it_was(tmp_path: Path):
    ward = Ward(CASES["lock_contention"])
    ward.suffer(6)

    with open_event_log(tmp_path) as log:
        number = records.keep(log, ward.kept[0])
        read = records.read(log, number)

    assert read == records.record_of(ward.kept[0])
    assert read.sessions[0].pid == 7


def test_only_so_many_records_are_kept(tmp_path: Path):
    ward = Ward(CASES["web_cpu"])
    ward.suffer(6)

    with open_event_log(tmp_path) as log:
        last = [records.keep(log, ward.kept[0]) for _ in range(records.KEPT + 5)][-1]

        assert records.read(log, last - records.KEPT) is None
        assert records.read(log, last - records.KEPT + 1) is not None
        assert records.newest(log)[0].id == last


def test_a_database_that_does_not_answer_is_not_asked_what_the_matter_is():
    ward = Ward(CASES["database_down"])

    ward.suffer(5)

    assert ward.asked == []
    assert ward.doctor.diagnosis is not None
    assert ward.doctor.diagnosis.cause == "database_down"


def test_what_the_matter_was_is_known_for_half_a_minute():
    ward = Ward(CASES["missing_index"])
    ward.suffer(10)
    ward.live(20)
    ended = ward.doctor.past[-1].ended_at
    assert ended is not None

    assert ward.doctor.diagnosis is None
    lately = ward.doctor.lately(ended + 29)
    assert lately is not None
    assert lately.cause == "missing_index"
    assert ward.doctor.lately(ended + 30) is None
