"""Every rule fires on its own trouble, stays quiet on a calm day, and is well again afterwards."""

from dataclasses import dataclass, field

import pytest

from doorbuster.watch.detectors import scatter, silence_window
from doorbuster.watch.past import Past
from doorbuster.watch.rules import BY_NAME, RULES, rules
from tests.rooms.watch.ticks import CALM, DAY, NOON, seconds, usual_month

SALE = {"sale.open": 1.0, "sale.expected": 1.0, "sale.units_left:opening-night": 50.0}


@dataclass(frozen=True)
class Trouble:
    """What is so, for how long, before the rule sees it; `minutes` are what the past days looked like, if not calm."""

    values: dict[str, float | None]
    lasts: int = 30
    subject: str = ""
    minutes: dict[str, float] = field(default_factory=dict)


TROUBLES = {
    "CustomersHurt": Trouble({"hurt.share": 0.2, "http.slow": 8.0}),
    "ErrorsHigh": Trouble({"http.errors": 8.0}),
    "LatencyHigh": Trouble({"http.p95": 4.0}),
    "LatencyShifted": Trouble({"http.p95": 0.6}, lasts=400),
    "SaleBudgetBurning": Trouble({**SALE, "http.errors": 4.0}),
    "BudgetBurningFast": Trouble({"http.errors": 38.0}, lasts=120, minutes={"http.errors": 3.5}),
    "BudgetBurning": Trouble({"http.slow": 4.0}, minutes={"http.slow": 1.5}),
    "BudgetLeaking": Trouble({"http.slow": 2.0}, minutes={"http.slow": 0.7}),
    "BudgetSlipping": Trouble({"http.slow": 1.0}, minutes={"http.slow": 0.3}),
    "OrdersSilent": Trouble({"orders.placed": 0.0}, lasts=220),
    "VisitorsSilent": Trouble({"http.requests": 0.0}, lasts=120),
    "SaleSilent": Trouble({**SALE, "holds.made": None}, lasts=120),
    "TrafficSpike": Trouble({"http.requests": 400.0}),
    "GuardShedding": Trouble({"guard.shed": 20.0}, lasts=240),
    "SaleShedding": Trouble({**SALE, "guard.shed": 20.0}, lasts=700),
    "BrownOutLong": Trouble({"guard.brownout_step": 2.0}, lasts=620),
    "OneClientFloods": Trouble({"guard.busiest_client_share": 0.6, "http.requests": 90.0}, lasts=40),
    "PaymentsFailing": Trouble({"payments.failed": 0.5, "orders.paid": 0.1}, lasts=140),
    "PaymentProviderFailing": Trouble({"downstream.failures:payments": 0.5}, lasts=80),
    "PaymentsHanging": Trouble({"downstream.in_flight:payments": 8.0, "downstream.calls:payments": 1.5}),
    "PaymentProviderSlow": Trouble({"downstream.seconds:payments": 4.0}, lasts=120),
    "MailFailing": Trouble({"downstream.calls:mail": 0.1, "downstream.failures:mail": 0.1}, lasts=420),
    "StockDrift": Trouble({"stock.drift": 1.0}),
    "AuditOverdue": Trouble({"audit.age_seconds": 100_000.0}, lasts=70),
    "DatabaseDown": Trouble({"db.up": 0.0}),
    "DatabaseSlow": Trouble({"db.answer_seconds": 1.2}),
    "ConnectionsHigh": Trouble({"db.connections": 85.0}, lasts=90),
    "ConnectionsExhausted": Trouble({"db.refused_connections": 3.0}),
    "PoolWaiting": Trouble({"pool.wait_seconds": 12.0}, lasts=40),
    "IdleInTransaction": Trouble({"db.idle_in_transaction": 12.0}, lasts=80),
    "LongTransaction": Trouble({"db.oldest_transaction_seconds": 500.0}),
    "LockWaits": Trouble({"db.blocked": 20.0}),
    "LockHeld": Trouble({"db.longest_lock_seconds": 1.9}),
    "Deadlocks": Trouble({"db.deadlocks": 1.0}),
    "SequentialScans": Trouble({"db.seq_rows:orders": 900_000.0}, lasts=40, subject="orders"),
    "IndexMissing": Trouble({"db.indexes_lacking": 1.0}),
    "TempFiles": Trouble({"db.temp_bytes": 2e8}, lasts=100),
    "CheckpointsForced": Trouble({"db.checkpoints_requested": 0.02}, lasts=400),
    "ReplicationLag": Trouble({"db.replication_lag_seconds": 120.0}, lasts=70),
    "TableBloated": Trouble(
        {"db.bloat_share:orders": 0.7, "db.dead_rows:orders": 90_000.0}, lasts=620, subject="orders"
    ),
    "DatabaseUnwatched": Trouble({"db.up": None}),
    "WorkersGone": Trouble({"web.workers": 0.0}),
    "WorkerRestarting": Trouble({"web.restarts": 0.2}, lasts=60),
    "JobsGone": Trouble({"jobs.workers": 0.0}),
    "WebCpuHigh": Trouble({"web.cpu_share": 0.99}, lasts=100),
    "EventLoopLate": Trouble({"web.lag": 1.4}),
    "WorkerMemoryHigh": Trouble({"web.memory_bytes": 2e9}, lasts=130),
    "FilesHigh": Trouble({"web.files": 950.0}, lasts=40),
    "HostCpuHigh": Trouble({"host.cpu_share": 0.99}, lasts=190),
    "HostMemoryHigh": Trouble({"host.memory_share": 0.93}, lasts=100),
    "HostMemoryGone": Trouble({"host.memory_share": 0.985}, lasts=40),
    "DiskLow": Trouble({"disk.free_share": 0.1}, lasts=70),
    "DiskFull": Trouble({"disk.free_bytes": 2e8}),
    "JobsStuck": Trouble({"jobs.oldest_seconds": 900.0}, lasts=40),
    "JobsParked": Trouble({"jobs.parked": 2.0}, lasts=40),
}
BY_OTHER_MEANS = {"SensesSilent", "DiskFillsSoon"}


def judged(name, past):
    return {reading.subject: reading for reading in BY_NAME[name].judge(past)}


def a_calm_past(minutes):
    past = usual_month()
    for name, value in minutes.items():
        past.minutes[name].load((at, value) for at in range(NOON - 3 * DAY, NOON, 60))
    for tick in seconds(300, since=NOON):
        past.add(tick)
    return past


def test_every_rule_has_its_trouble():
    assert {rule.name for rule in RULES} == TROUBLES.keys() | BY_OTHER_MEANS


@pytest.mark.parametrize("name", TROUBLES)
def test_a_rule_sees_its_own_trouble_for_as_long_as_it_asks(name):
    trouble, rule = TROUBLES[name], BY_NAME[name]
    past = a_calm_past(trouble.minutes)
    if not trouble.minutes:
        assert not any(reading.bad for reading in rule.judge(past))

    bad_for = 0
    for tick in seconds(trouble.lasts, trouble.values, since=NOON + 300):
        past.add(tick)
        bad = (reading := judged(name, past).get(trouble.subject)) is not None and reading.bad
        bad_for = bad_for + 1 if bad else 0

    assert bad_for > rule.hold


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_on_a_calm_hour_no_rule_finds_anything(rule):
    past = a_calm_past({})

    assert not any(reading.bad for reading in rule.judge(past))
    assert all(reading.well or reading.value is None for reading in rule.judge(past))


def test_nothing_known_is_neither_bad_nor_well():
    past = Past()

    assert not [r for rule in RULES for r in rule.judge(past) if r.bad and rule.name != "SensesSilent"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_speaks_in_a_sentence_with_its_numbers(rule):
    sentence = rule.summary(rule.limit * 2, "orders")

    assert sentence[0].isupper() or sentence[0].isdigit()
    assert sentence.endswith((".", "buy.", "closed."))
    assert "{" not in sentence


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_consequence_names_rules_that_exist(rule):
    assert set(rule.follows) <= BY_NAME.keys() - {rule.name}


@pytest.mark.parametrize("objective", [0.9, 0.93, 0.95, 0.99, 0.999])
def test_whatever_the_objective_all_answers_broken_is_a_page(objective):
    burning = next(rule for rule in rules(objective, objective) if rule.name == "BudgetBurningFast")

    assert burning.limit < 1


def test_a_spike_that_a_sale_explains_is_no_news():
    past = a_calm_past({})
    for tick in seconds(30, {"http.requests": 4000.0, **SALE}, since=NOON + 300):
        past.add(tick)

    assert not judged("TrafficSpike", past)[""].bad


def test_a_ratio_below_the_floor_is_no_spike():
    past = Past()
    for tick in seconds(300, {"http.requests": 1.0}):
        past.add(tick)
    for tick in seconds(20, {"http.requests": 30.0}, since=NOON + 300):
        past.add(tick)

    assert not judged("TrafficSpike", past)[""].bad


def test_the_disk_that_fills_at_a_steady_pace_is_told_a_day_ahead():
    past = usual_month()
    past.minutes["disk.free_bytes"].load(
        (at, 2e11 - (at - (NOON - 6 * 3600)) * 5e6) for at in range(NOON - 6 * 3600, NOON, 60)
    )
    for tick in seconds(60, {"disk.free_bytes": 9.2e10}):
        past.add(tick)

    assert judged("DiskFillsSoon", past)[""].bad
    assert judged("DiskFillsSoon", past)[""].value == pytest.approx(9.2e10 / 5e6, rel=0.05)


def test_senses_that_say_nothing_are_noticed_without_a_tick():
    past = a_calm_past({})
    past.move_to(past.now + 30)

    assert judged("SensesSilent", past)[""].bad


def test_the_hour_after_a_sale_is_not_silent_because_the_sale_was_loud():
    past = usual_month()
    past.minutes["orders.placed"].load((at, 60.0) for at in range(NOON - 3600, NOON - 600, 60))
    past.minutes["sale.expected"].load((at, 1.0) for at in range(NOON - 3600, NOON - 600, 60))
    for tick in seconds(1500, {"orders.placed": 0.25}):
        past.add(tick)

    assert not judged("OrdersSilent", past)[""].bad


def test_a_small_table_may_be_all_dead_rows():
    past = Past()
    for tick in seconds(700, {"db.bloat_share:sales": 0.9, "db.dead_rows:sales": 40.0}):
        past.add(tick)

    assert not judged("TableBloated", past)["sales"].bad


def test_three_bad_answers_in_a_quiet_hour_wake_nobody():
    past = a_calm_past({})
    for tick in seconds(20, {"http.requests": 3.0, "hurt.share": 0.1, "http.slow": 0.3}, since=NOON + 300):
        past.add(tick)

    assert not judged("CustomersHurt", past)[""].bad


def test_events_that_come_in_bunches_have_to_be_missed_for_longer():
    assert silence_window(2.0) == 60
    assert silence_window(2.0, scatter=20.0) == 600
    assert scatter([3, 5, 4, 6, 2, 4, 5, 3, 4, 4]) == 1.0
    assert scatter([0, 60, 0, 40, 0, 0, 80, 20, 0, 0]) > 20


def test_the_first_seconds_after_a_start_are_no_silence():
    past = usual_month()
    for tick in seconds(30):
        past.add(tick)

    assert judged("OrdersSilent", past)[""].value is None
    assert judged("VisitorsSilent", past)[""].value is None


def test_a_quiet_shop_is_not_called_silent():
    past = Past()
    past.minutes["orders.placed"].load((at, 0.001) for at in range(NOON - 28 * DAY, NOON, 60))
    for tick in seconds(900, {"orders.placed": 0.0}):
        past.add(tick)

    assert judged("OrdersSilent", past)[""].value is None


def test_few_bad_answers_do_not_burn_a_budget():
    past = Past()
    for tick in seconds(600, {"http.requests": 0.02, "http.errors": 0.01}):
        past.add(tick)

    assert not judged("BudgetBurningFast", past)[""].bad


def test_a_bad_minute_of_the_first_ten_is_not_a_bad_day():
    past = Past()
    for tick in seconds(600, {"http.errors": 20.0}):
        past.add(tick)

    assert judged("BudgetSlipping", past)[""].value is None
    assert judged("BudgetBurning", past)[""].value is None


def test_half_a_request_a_second_is_enough_to_notice_that_nearly_all_fail():
    past = Past()
    for tick in seconds(1200, {"http.requests": 0.5, "http.errors": 0.45}):
        past.add(tick)

    assert judged("BudgetBurningFast", past)[""].bad


def test_the_calm_second_knows_every_signal_that_a_rule_without_subjects_needs():
    past = a_calm_past({})
    unknown = {rule.name for rule in RULES if not rule.measure.of and all(r.value is None for r in rule.judge(past))}

    assert unknown <= {"SaleBudgetBurning", "MailFailing"}
    assert CALM["db.up"]
