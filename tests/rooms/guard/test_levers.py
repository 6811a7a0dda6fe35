"""Levers: in the journal before they are in force, for as long as they were meant, and taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from doorbuster import journal
from doorbuster.guard import levers
from doorbuster.guard.classes import CLASSES
from doorbuster.guard.policy import (
    DEFAULTS,
    BrownOutSetting,
    GateSetting,
    LaneSetting,
    Limit,
    Policy,
    decode,
    encode,
    mistakes_of,
)
from doorbuster.journal import Actor, EventLog, open_event_log

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ADA = Actor("ada", "operator")
STRICT = Limit(rate=0.1, burst=1, network_rate=1, network_burst=2)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    with open_event_log(tmp_path) as opened:
        yield opened


def pull(log: EventLog, limit: Limit = STRICT, at: datetime = NOW, lasts: timedelta | None = None) -> int:
    return levers.pull(log, ADA, "hold", limit, reason="a flood", now=at, lasts=lasts)


def in_force(log: EventLog, at: datetime) -> Limit:
    return levers.policy_at(log, at)[0].limits["hold"]


def test_every_class_has_a_limit() -> None:
    assert set(DEFAULTS.limits) == set(CLASSES)


def test_without_levers_the_shops_own_limits_are_in_force(log: EventLog) -> None:
    assert levers.policy_at(log, NOW) == (DEFAULTS, {})


def test_a_lever_changes_its_class_and_no_other(log: EventLog) -> None:
    pull(log)

    policy, _ = levers.policy_at(log, NOW)
    assert policy.limits == DEFAULTS.limits | {"hold": STRICT}


def test_a_lever_is_in_the_journal_with_author_and_reason(log: EventLog) -> None:
    pull(log, lasts=MINUTE)

    (line,) = journal.lines(log)
    assert (line.verb, line.subject, line.actor, line.detail["reason"]) == ("limit.set", "limit:hold", "ada", "a flood")


def test_a_lever_ends_by_itself_when_its_time_is_over(log: EventLog) -> None:
    pull(log, lasts=MINUTE)

    assert in_force(log, NOW + MINUTE * 0.9) == STRICT
    assert in_force(log, NOW + MINUTE) == DEFAULTS.limits["hold"]


def test_a_lever_is_taken_back_once(log: EventLog) -> None:
    number = pull(log)

    assert levers.undo(log, ADA, number, reason="over", now=NOW + MINUTE)
    assert not levers.undo(log, ADA, number, reason="over", now=NOW + MINUTE)
    assert in_force(log, NOW + MINUTE) == DEFAULTS.limits["hold"]


def test_below_a_lever_that_is_taken_back_the_one_before_is_in_force_again(log: EventLog) -> None:
    looser = msgspec.structs.replace(STRICT, rate=5)
    pull(log, looser)
    levers.undo(log, ADA, pull(log, at=NOW + MINUTE), reason="", now=NOW + 2 * MINUTE)

    assert in_force(log, NOW + 2 * MINUTE) == looser


def test_the_policy_of_a_past_moment_is_known(log: EventLog) -> None:
    levers.undo(log, ADA, pull(log), reason="", now=NOW + MINUTE)

    assert in_force(log, NOW + MINUTE / 2) == STRICT
    assert in_force(log, NOW - MINUTE) == DEFAULTS.limits["hold"]


def test_a_policy_arrives_as_it_was_sent() -> None:
    policy = Policy(DEFAULTS.limits | {"hold": STRICT})

    assert decode(encode(policy)) == policy
    assert decode(encode(DEFAULTS)).version == DEFAULTS.version
    assert policy.version != DEFAULTS.version


@pytest.mark.parametrize(
    ("change", "field"),
    [({"rate": 0}, "rate"), ({"burst": 0}, "burst"), ({"network_rate": 1e9}, "network_rate"),
     ({"network_burst": -1}, "network_burst"), ({"rate": float("nan")}, "rate")],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_is_told_by_its_field(change: dict[str, float], field: str) -> None:
    assert list(mistakes_of(msgspec.structs.replace(STRICT, **change))) == [field]


def test_a_closed_lane_a_step_and_the_gate_are_levers_too(log: EventLog) -> None:
    for name, setting in [
        ("lane:search", LaneSetting()),
        ("brownout", BrownOutSetting(2)),
        ("gate", GateSetting(False)),
    ]:
        levers.pull(log, ADA, name, setting, reason="a flood", now=NOW, lasts=MINUTE)

    policy, _ = levers.policy_at(log, NOW)
    assert (policy.closed, policy.brownout, policy.gate) == (("search",), 2, False)
    assert decode(encode(policy)) == policy
    assert levers.policy_at(log, NOW + MINUTE)[0] == DEFAULTS


def test_the_journal_calls_each_lever_by_its_noun(log: EventLog) -> None:
    levers.pull(log, ADA, "lane:search", LaneSetting(), reason="a flood", now=NOW, lasts=None)
    levers.pull(log, ADA, "brownout", BrownOutSetting(1), reason="a flood", now=NOW, lasts=None)

    told = {(line.verb, line.subject) for line in journal.lines(log)}
    assert told == {("lane.set", "lane:search"), ("brownout.set", "brownout")}
