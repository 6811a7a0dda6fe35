"""Each cause is named by its own signature, through noise; and what can't be told is left undecided."""

from dataclasses import replace
from random import Random

import pytest

from doorbuster.database.indexes import defined_indexes
from doorbuster.watch.changes import Change
from doorbuster.watch.database_health import Holder
from doorbuster.watch.diagnosis import CAUSES
from doorbuster.watch.diagnosis.causes import Diagnosis
from doorbuster.watch.diagnosis.comparison import compare
from doorbuster.watch.diagnosis.decide import diagnose
from doorbuster.watch.diagnosis.examination import Examination
from doorbuster.watch.diagnosis.facts import Facts
from doorbuster.watch.diagnosis.pain import pain_of
from doorbuster.watch.signals import Tick
from tests.rooms.watch.diagnosis.cases import CASES, ONSET, WELL, Case, scattered, session, ticks


def diagnosed(case: Case, seed: int = 1, seconds: int = 15, strength: float = 1.0) -> Diagnosis:
    """What is said after so many seconds of it."""
    seen = ticks(case.ill, Random(seed), seconds, strength)
    pain = pain_of(seen)
    assert pain is not None, "it does not hurt"
    facts = Facts(compare(seen, pain.onset, seen[-1].at), case.changes, case.sessions, case.examined)
    return diagnose(facts, pain, seen[-1].at)


def test_there_is_a_case_for_every_cause():
    assert set(CASES) == set(CAUSES)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("cause", CASES)
def test_the_cause_is_named_within_four_seconds(cause, seed):
    assert diagnosed(CASES[cause], seed, seconds=4).cause == cause


@pytest.mark.parametrize("cause", CASES)
def test_the_onset_is_right_to_a_few_seconds(cause):
    assert abs(diagnosed(CASES[cause]).onset - ONSET) <= 2


def test_the_founding_incident_reads_as_it_should_have_then():
    said = diagnosed(CASES["missing_index"])

    assert said.headline == "Sequential scans on orders by query orders_of_shopper; add index orders_by_email"
    assert said.remedy.endswith("CREATE INDEX CONCURRENTLY orders_by_email ON orders (email_key, id DESC)")
    assert said.trigger == "index dropped: orders_by_email"
    assert any(line.startswith("Not the web servers") and "will not help" in line for line in said.not_because)
    assert said.team == "database"


def test_every_index_that_the_table_lacks_is_named_and_made_by_the_remedy():
    founding = CASES["missing_index"]
    gone = tuple(defined_indexes()[name] for name in ("orders_by_state", "orders_by_email"))
    words = {"orders_of_shopper": frozenset({"orders", "email_key", "id"})}
    case = replace(founding, examined=replace(founding.examined, lacking=gone, tables=words))

    said = diagnosed(case)

    assert said.headline.endswith("add index orders_by_email; missing as well: orders_by_state")
    assert said.remedy == f"Add the indexes: {gone[1].concurrently}; {gone[0].concurrently}"


def test_an_index_that_has_just_been_added_is_still_what_the_trouble_was():
    founding = CASES["missing_index"]
    mended = replace(founding.examined, lacking=(), mended=((ONSET + 1, founding.examined.lacking[0]),))

    said = diagnosed(replace(founding, examined=mended))

    assert said.headline.endswith("add index orders_by_email")
    assert said.remedy == "The index is there again; what is slow yet began without it"


def test_scans_since_a_release_are_the_releases_query_and_not_a_missing_index():
    case = Case(CASES["missing_index"].ill, (Change(ONSET - 9, "release", "release 2.3.1"),))

    said = diagnosed(case)

    assert (said.cause, said.subject) == ("bad_query", "orders_of_shopper")
    assert said.trigger == "release: release 2.3.1"


def test_scans_that_were_always_there_are_named_when_the_crowd_comes():
    spike = {**CASES["missing_index"].ill, "http.requests": 600.0}

    said = diagnosed(Case(spike, examined=CASES["missing_index"].examined))

    assert said.cause == "missing_index"
    assert "times as many requests" in (said.trigger or "")


def test_who_holds_the_lock_is_named():
    said = diagnosed(CASES["lock_contention"])

    assert "process 7 (psql, idle in transaction)" in said.remedy
    assert said.subject == "claim_holds"


def test_who_holds_the_connections_is_named():
    assert "report holds 70" in diagnosed(CASES["connection_exhaustion"]).headline


def test_two_causes_of_equal_weight_are_left_undecided():
    both = {**CASES["slow_payments"].ill, "downstream.seconds:payments": 10.0, "http.in_flight": 25.0,
            "db.lock": 10.0, "db.active": 10.5}  # fmt: skip

    said = diagnosed(Case(both))

    assert said.cause is None
    assert said.headline.startswith("Undecided")


def test_slowness_that_nothing_explains_is_left_undecided():
    said = diagnosed(Case({"http.p95": 5.0, "http.in_flight": 30.0}))

    assert said.cause is None


def test_a_cause_that_explains_another_one_is_named_first():
    said = diagnosed(Case({**CASES["disk_full"].ill, "db.io": 12.0, "db.active": 12.0}))

    assert said.cause == "disk_full"


@pytest.mark.parametrize("seed", range(50))
def test_a_house_that_is_well_has_no_pain(seed):
    assert pain_of(ticks(WELL, Random(seed))) is None


def test_a_client_whom_the_limit_keeps_off_is_named_though_it_is_no_crowd():
    kept_off = Case({"http.requests": 100.0, "guard.limited": 45.0})

    said = diagnosed(kept_off, seconds=4)

    assert said.cause == "bot_flood"
    assert said.pain.endswith("requests a second meet a rate limit.")


def test_a_job_worker_that_falls_silent_is_named_before_work_has_piled_up():
    said = diagnosed(Case({"jobs.workers": 0.0, "jobs.silent": 1.0}), seconds=4)

    assert (said.cause, said.headline) == ("job_backlog", "A job worker does not report")


GONE = Examination(lacking=(defined_indexes()["products_search"],))


def test_an_index_that_is_gone_is_named_before_any_statement_has_missed_it():
    said = diagnosed(Case({"db.indexes_lacking": 1.0}, examined=GONE), seconds=4)

    assert (said.cause, said.headline) == ("missing_index", "Index products_search on products is gone")
    assert said.remedy == f"Add the index: {GONE.lacking[0].concurrently}"
    assert said.pain == "Indexes that should be there and are not: 1."


def test_an_index_that_is_gone_and_a_statement_that_misses_it_are_one_cause():
    unfelt = {"http.p95": 0.35, "http.in_flight": 6.0, "db.indexes_lacking": 1.0, "pool.wait_seconds": 0.1}
    founding = CASES["missing_index"]
    said = diagnosed(replace(founding, ill={**founding.ill, **unfelt}), seconds=4)

    assert said.cause == "missing_index"
    assert said.headline.startswith("Sequential scans on orders by query orders_of_shopper")
    assert said.runner_up != "missing_index"


def test_an_index_that_was_not_known_before_is_not_called_gone():
    seen = ticks({"db.replication_lag_seconds": 90.0, "db.indexes_lacking": 1.0}, Random(1), seconds=4)
    before = [Tick(tick.at, {name: value for name, value in tick.values.items() if name != "db.indexes_lacking"})
              for tick in seen if tick.at < ONSET]  # fmt: skip
    seen = [*before, *(tick for tick in seen if tick.at >= ONSET)]
    pain = pain_of(seen)
    assert pain is not None
    said = diagnose(Facts(compare(seen, pain.onset, seen[-1].at), examined=GONE), pain, seen[-1].at)

    assert (pain.kind, said.cause) == ("replica", "replication_lag")


def test_an_index_that_is_dropped_from_a_shop_that_has_just_opened_is_named():
    dropped = (Change(ONSET, "index_dropped", "products_search"),)
    seen = [Tick(ONSET + second, {**WELL, "db.indexes_lacking": float(second > 4)}) for second in range(9)]
    pain = pain_of(seen)
    assert pain is not None
    facts = Facts(compare(seen, pain.onset, seen[-1].at), dropped, examined=GONE)

    assert diagnose(facts, pain, seen[-1].at).headline == "Index products_search on products is gone"


def test_of_several_missing_indexes_the_one_that_has_just_gone_is_named_first():
    gone = tuple(defined_indexes()[name] for name in ("products_newest", "products_search"))
    dropped = (Change(ONSET, "index_dropped", "products_search"),)

    said = diagnosed(Case({"db.indexes_lacking": 2.0}, dropped, examined=Examination(lacking=gone)), seconds=4)

    assert said.headline == "Index products_search on products is gone; missing as well: products_newest"
    assert said.steps == ("create index products_search", "create index products_newest")


def test_what_mends_a_lock_is_the_end_of_the_session_that_holds_it():
    assert diagnosed(CASES["lock_contention"]).steps == ("end session 7 --of psql",)


def test_what_mends_taken_connections_is_the_end_of_a_strangers_and_never_of_ours():
    case = CASES["connection_exhaustion"]
    ours = Examination(holders=(Holder("web-1", "idle", 60), Holder("nightly report", "idle", 20)))

    assert diagnosed(case).steps == ("end sessions report",)
    assert diagnosed(replace(case, examined=ours)).steps == ("end sessions 'nightly report'",)


def test_an_import_that_floods_the_log_is_the_disks_trouble_and_its_sessions_can_be_ended():
    waits = {"wait_class": "lwlock", "wait_event": "BufferContent", "state": "active", "application": "import"}
    ill = {"db.active": 8.0, "db.active:unknown": 8.0, "db.lwlock": 6.0, "db.io": 1.0, "db.cpu": 1.0,
           "db.wal_bytes": 2.4e8, "host.io_share": 0.05, "http.p95": 0.2, "query.seconds:claim_holds": 4.0}  # fmt: skip

    said = diagnosed(Case(ill, sessions=tuple(session(pid, **waits) for pid in range(31, 39))), seconds=4)

    assert (said.cause, said.subject) == ("io_saturation", "unknown")
    assert said.headline.endswith("MB/s of log, most at 8 sessions of import")
    assert said.steps == tuple(f"end session {pid} --of import" for pid in (31, 32, 33))


def test_a_database_that_needs_long_for_what_costs_nothing_has_no_processor():
    slow = {
        "http.p95": 0.4, "db.answer_seconds": 0.016, "db.active": 1.0, "db.cpu": 0.8, "query.seconds:product_page": 3.4,
        "query.seconds:orders_of_shopper": 0.4, "query.seconds:claim_holds": 0.9,
    }  # fmt: skip
    seen = [Tick(tick.at, {"db.answer_seconds": 0.001, **tick.values}) for tick in ticks(slow, Random(1), seconds=5)]
    pain = pain_of(seen)
    assert pain is not None

    assert diagnose(Facts(compare(seen, pain.onset, seen[-1].at)), pain, seen[-1].at).cause == "database_cpu"


def test_an_index_that_we_build_is_no_strangers_statement():
    building = session(31, state="active", application="control")
    report = session(32, state="active", application="report", seconds=9.0)
    ill = {"db.active": 19.0, "db.active:unknown": 19.0, "db.cpu": 19.0, "http.p95": 0.2}

    said = diagnosed(Case(ill, sessions=(building, report)), seconds=4)

    assert said.steps == ("end session 32 --of report",)
    assert said.evidence == ("Process 32 of report has run for 9 s.",)


def test_an_index_that_is_gone_is_no_excuse_for_what_hurts():
    locked = CASES["lock_contention"]
    both = replace(locked, ill={**locked.ill, "db.indexes_lacking": 1.0}, examined=GONE)

    assert diagnosed(both).cause == "lock_contention"


def test_an_index_that_has_long_been_missing_is_no_news():
    lacking = {**WELL, "db.indexes_lacking": 1.0}

    assert pain_of([Tick(ONSET + second, lacking) for second in range(200)]) is None


def test_payments_that_fail_at_once_do_not_take_no_time_at_all():
    failing = {"downstream.failures:payments": 2.0, "downstream.seconds:payments": 0.006, "http.errors": 2.0}

    said = diagnosed(Case(failing))

    assert said.cause == "slow_payments"
    assert said.evidence[0].startswith("A call takes 3 ms")


def test_a_client_whom_nothing_keeps_off_is_named_before_it_hurts_anybody():
    said = diagnosed(Case({"http.requests": 500.0, "guard.busiest_client_share": 0.9}), seconds=4)

    assert said.cause == "bot_flood"
    assert said.pain.startswith("One client sends")


def test_a_stranger_whose_statement_spills_to_the_disk_is_the_cause_and_not_the_disk():
    sessions = tuple(session(pid, state="active", wait_class="io", wait_event="BufFileWrite", application="report")
                     for pid in range(10))  # fmt: skip
    ill = {"db.active": 19.0, "db.active:unknown": 19.0, "db.cpu": 9.0, "db.io": 10.0, "http.p95": 0.2}

    said = diagnosed(Case(ill, sessions=sessions), seconds=4)

    assert (said.cause, said.subject) == ("bad_query", "unknown")
    assert said.headline.endswith("none of the shop's keeps the database busy, of report")


def test_a_worker_that_falls_silent_stands_still_also_when_another_one_died_before():
    died = Change(ONSET - 300, "worker_died", "web-2 (12)")

    said = diagnosed(Case({"web.silent": 1.0, "web.workers": 1.0}, (died,)), seconds=4)

    assert (said.cause, said.headline) == ("event_loop_block", "A web worker stands still")


def test_a_statement_that_has_waited_for_a_lock_is_not_dear_once_the_lock_is_gone():
    locked = {"http.p95": 2.5, "db.active": 6.0, "db.lock": 5.0, "db.lock:claim_holds": 5.0,
              "db.longest_lock_seconds": 2.0, "query.seconds:claim_holds": 9.0}  # fmt: skip
    seen = ticks(locked, Random(1), seconds=5)
    released = {**WELL, "http.p95": 2.5, "query.seconds:claim_holds": 3.0}
    seen += [Tick(seen[-1].at + 1 + second, scattered(released, Random(second))) for second in range(7)]
    pain = pain_of(seen)
    assert pain is not None

    said = diagnose(Facts(compare(seen, ONSET, seen[-1].at)), pain, seen[-1].at)

    assert said.cause in ("lock_contention", None)
