"""What would this have refused? Every answer is what the guard itself would have done with the same requests."""

import asyncio
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorbuster.clock import ManualClock
from doorbuster.guard.classes import CLASSES
from doorbuster.guard.lanes import LANES
from doorbuster.guard.policy import DEFAULTS, Limit, Policy
from doorbuster.guard.recent import SECONDS, Recent
from doorbuster.guard.rehearsal import KEPT, QUESTIONS_MAX, Question, Rehearsal, Rehearsals, Rehearsed
from doorbuster.settings import from_environment
from tests.rooms.guard.test_rate_limit import TIGHT, Guarded

LANE = {lane.name: number for number, lane in enumerate(LANES)}
ROOMY = Limit(rate=1000, burst=1000, network_rate=1000, network_burst=1000)


def rehearsals(clock: ManualClock, limits: Recent | None = None, lanes: Recent | None = None) -> Rehearsals:
    start = clock.monotonic()
    return Rehearsals(limits or Recent(start), lanes or Recent(start), lambda: 1.0, clock)


async def found(clock: ManualClock, name: str, limit: Limit | None, recent: Recent) -> Rehearsed:
    return await rehearsals(clock, recent, recent).rehearse(Question("q", name, limit))


def guarded(tmp_path: Path, clock: ManualClock) -> Guarded:
    environ = {"DOORBUSTER_HOME": str(tmp_path), "DOORBUSTER_SECRET": "s" * 40, "WORKERS": "1"}
    return Guarded(from_environment(environ), clock)


knocks = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 2), st.integers(1, 2)), min_size=15, max_size=50)
limits = st.builds(
    Limit, rate=st.floats(0.2, 3), burst=st.integers(1, 5), network_rate=st.floats(0.2, 5),
    network_burst=st.integers(1, 8),
)  # fmt: skip


@given(knocks=knocks, limit=limits)
@settings(max_examples=60, deadline=None)
def test_what_is_tried_refuses_as_many_as_it_refuses_in_force(
    tmp_path_factory: pytest.TempPathFactory, knocks: list[tuple[float, int, int]], limit: Limit
) -> None:
    asyncio.run(_tried_and_in_force_agree(tmp_path_factory.getbasetemp(), knocks, limit))


async def _tried_and_in_force_agree(home: Path, knocks: list[tuple[float, int, int]], limit: Limit) -> None:
    clock = ManualClock()
    free, bound = guarded(home, clock), guarded(home, clock)
    free.guard.obey(Policy(DEFAULTS.limits | {"hold": ROOMY}))
    bound.guard.obey(Policy(DEFAULTS.limits | {"hold": limit}))
    refused = 0
    for pause, network, host in knocks:
        clock.advance(pause)
        address = f"81.2.{network}.{host}"
        assert (await free.knock(address=address))[0] == 200
        refused += (await bound.knock(address=address))[0] == 429
    tried = await rehearsals(clock, free.guard.recent).rehearse(Question("q", "hold", limit))
    assert (tried.asked, tried.refused, tried.was_refused) == (len(knocks), refused, 0)
    again = await rehearsals(clock, bound.guard.recent).rehearse(Question("q", "hold", limit))
    assert (again.refused, again.was_refused) == (refused, refused)


async def test_other_classes_are_not_touched_and_callers_are_counted() -> None:
    clock = ManualClock()
    recent = Recent(clock.monotonic())
    for client in ("ann", "ann", "ann", "bob"):
        recent.remember(clock.monotonic(), CLASSES.index("hold"), client, "n")
    recent.remember(clock.monotonic(), CLASSES.index("cart"), "cid", "n")

    tried = await found(clock, "hold", TIGHT, recent)
    assert (tried.asked, tried.refused, tried.clients, tried.clients_refused) == (4, 1, 2, 1)


async def test_a_closed_lane_would_have_let_in_who_bears_a_pass() -> None:
    clock = ManualClock()
    recent = Recent(clock.monotonic())
    for kind in (LANE["checkout"], LANE["checkout"] + KEPT, LANE["search"]):
        recent.remember(clock.monotonic(), kind, f"client {kind}")

    tried = await found(clock, "lane:checkout", None, recent)
    assert (tried.asked, tried.refused) == (2, 1)


async def test_what_is_older_than_five_minutes_does_not_count() -> None:
    clock = ManualClock()
    recent = Recent(clock.monotonic())
    recent.remember(clock.monotonic(), LANE["search"], "ann")
    clock.advance(SECONDS + 1)
    recent.remember(clock.monotonic(), LANE["search"], "bob")

    tried = await found(clock, "lane:search", None, recent)
    assert (tried.asked, tried.seconds) == (1, SECONDS)


async def test_memory_is_bounded_and_says_how_far_it_reaches() -> None:
    clock = ManualClock()
    recent = Recent(clock.monotonic(), entries=4)
    for number in range(10):
        clock.advance(1)
        recent.remember(clock.monotonic(), LANE["search"], f"client {number}")

    tried = await found(clock, "lane:search", None, recent)
    assert (tried.asked, tried.seconds) == (4, 3)
    assert sum(map(sys.getsizeof, (recent._times, recent._kinds, recent._clients, recent._networks))) < 600


async def test_no_address_is_kept() -> None:
    recent = Recent(0.0, entries=4)
    recent.remember(0.0, 0, "a:81.2.69.1", "n:81.2.69")

    kept = b"".join(bytes(each) for each in (recent._times, recent._kinds, recent._clients, recent._networks))
    assert b"81.2" not in kept


async def test_a_worker_answers_each_question_once_and_remembers_the_last_answers() -> None:
    worker = rehearsals(ManualClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run())
        for number in range(QUESTIONS_MAX + 2):
            question = Question(str(number), "hold", TIGHT)
            worker.hear([question])
            await asyncio.sleep(0)
            worker.hear([question])
        running.cancel()
    assert [answer.question for answer in worker.answers] == [str(n) for n in range(2, QUESTIONS_MAX + 2)]


def test_what_is_not_known_is_said() -> None:
    young, old = (Rehearsed("q", 10, 4, 1, 5, 2, seconds) for seconds in (60.0, SECONDS))

    assert Rehearsal(2, (old, old)).words() == [
        "It would have refused 8 of 20 requests; 2 were refused as it was.",
        "That would have met at most 4 of 10 callers.",
        "2 of 2 workers answered.",
    ]
    assert "one began 60 s ago" in Rehearsal(2, (old, young)).words()[-1]
    assert "None of 2 workers answered" in Rehearsal(2, ()).words()[0]
