"""While one batch is committing, the next collects; everybody is answered for themselves."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from doorbuster import errors
from doorbuster.database.coalesce import Coalescer
from doorbuster.place import PLACE


@dataclass
class Slow:
    """A batch verb that waits until it is let go, and remembers its batches."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    batches: list[list[str]] = field(default_factory=list)
    faults: dict[str, Exception] = field(default_factory=dict)

    async def run(self, items: Sequence[str]) -> list[str]:
        self.batches.append(list(items))
        await self.gate.wait()
        for item in items:
            if item in self.faults:
                raise self.faults[item]
        return [item.upper() for item in items]

    def coalescer(self, **limits: object) -> Coalescer[str, str]:
        return Coalescer(
            "test",
            self.run,
            lane=lambda item: item[0],
            conflict=lambda item: item,
            **limits,  # type: ignore[arg-type]
        )


async def settled() -> None:
    """Let everybody who can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_lone_caller_waits_for_nobody() -> None:
    slow = Slow()
    slow.gate.set()

    assert await slow.coalescer().submit("a1") == "A1"
    assert slow.batches == [["a1"]]


async def test_who_comes_while_a_batch_is_committing_goes_with_the_next() -> None:
    slow = Slow()
    coalescer = slow.coalescer()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(coalescer.submit("a1"))
        await settled()
        others = [group.create_task(coalescer.submit(f"a{n}")) for n in range(2, 5)]
        await settled()
        slow.gate.set()

    assert slow.batches == [["a1"], ["a2", "a3", "a4"]]
    assert [task.result() for task in (first, *others)] == ["A1", "A2", "A3", "A4"]


async def test_who_waits_for_a_batch_holds_no_place_at_the_database_meanwhile() -> None:
    slow = Slow()
    given_back: list[str] = []

    async def request(item: str) -> None:
        PLACE.set(lambda: given_back.append(item))
        await slow.coalescer().submit(item)

    async with asyncio.TaskGroup() as group:
        group.create_task(request("a1"))
        await settled()
        waiting = list(given_back)
        slow.gate.set()

    assert waiting == ["a1"]


async def test_lanes_do_not_wait_for_each_other() -> None:
    slow = Slow()
    coalescer = slow.coalescer()
    async with asyncio.TaskGroup() as group:
        for item in ("a1", "b1"):
            group.create_task(coalescer.submit(item))
        await settled()
        assert slow.batches == [["a1"], ["b1"]]
        slow.gate.set()


async def test_a_batch_is_never_larger_than_its_limit() -> None:
    slow = Slow()
    slow.gate.set()
    coalescer = slow.coalescer(batch_max=3)

    await asyncio.gather(*(coalescer.submit(f"a{n}") for n in range(8)))

    assert [len(batch) for batch in slow.batches] == [3, 3, 2]


async def test_a_further_batch_goes_while_one_is_under_way_only_if_it_is_full() -> None:
    slow = Slow()
    coalescer = slow.coalescer(batch_max=3, under_way_max=2)
    async with asyncio.TaskGroup() as group:
        for name in ("a1", "a2", "a3", "a4"):
            group.create_task(coalescer.submit(name))
            await settled()
        assert slow.batches == [["a1"], ["a2", "a3", "a4"]]
        for name in ("a5", "a6", "a7", "a8"):
            group.create_task(coalescer.submit(name))
        await settled()
        assert len(slow.batches) == 2
        slow.gate.set()

    assert [sorted(batch) for batch in slow.batches[2:]] == [["a5", "a6", "a7"], ["a8"]]


async def test_who_rests_after_a_batch_lets_the_next_one_grow() -> None:
    slow = Slow()
    slow.gate.set()
    coalescer = slow.coalescer(rest=lambda item, seconds: 0.05)
    await coalescer.submit("a1")
    async with asyncio.TaskGroup() as group:
        for name in ("a2", "a3", "a4"):
            group.create_task(coalescer.submit(name))
            await settled()

    assert slow.batches == [["a1"], ["a2", "a3", "a4"]]


async def test_of_two_that_conflict_the_second_waits_for_the_next_batch() -> None:
    slow = Slow()
    slow.gate.set()

    coalescer = slow.coalescer()
    await asyncio.gather(*(coalescer.submit(item) for item in ("a1", "a1", "a2")))

    assert slow.batches == [["a1", "a2"], ["a1"]]


async def test_one_bad_item_does_not_fail_its_neighbours() -> None:
    slow = Slow(faults={"a2": errors.ConstraintViolated("some_rule", "no")})
    slow.gate.set()

    coalescer = slow.coalescer()
    answers = await asyncio.gather(*(coalescer.submit(f"a{n}") for n in (1, 2, 3)), return_exceptions=True)

    assert (answers[0], answers[2]) == ("A1", "A3")
    assert isinstance(answers[1], errors.ConstraintViolated)


async def test_a_full_lane_says_no_at_once() -> None:
    slow = Slow()
    coalescer = slow.coalescer(waiting_max=2)
    async with asyncio.TaskGroup() as group:
        group.create_task(coalescer.submit("a0"))
        await settled()
        for n in (1, 2):
            group.create_task(coalescer.submit(f"a{n}"))
        await settled()
        with pytest.raises(errors.Overloaded):
            await coalescer.submit("a3")
        slow.gate.set()


async def test_who_left_before_the_batch_was_sent_is_not_in_it() -> None:
    slow = Slow()
    coalescer = slow.coalescer()
    async with asyncio.TaskGroup() as group:
        group.create_task(coalescer.submit("a1"))
        await settled()
        leaver = group.create_task(coalescer.submit("a2"))
        group.create_task(coalescer.submit("a3"))
        await settled()
        leaver.cancel()
        await settled()
        slow.gate.set()

    assert slow.batches == [["a1"], ["a3"]]


async def test_one_who_leaves_does_not_cancel_the_batch_of_the_others() -> None:
    slow = Slow()
    coalescer = slow.coalescer()
    async with asyncio.TaskGroup() as group:
        leaver = group.create_task(coalescer.submit("a1"))
        stayer = group.create_task(coalescer.submit("a2"))
        await settled()
        leaver.cancel()
        await settled()
        slow.gate.set()

    assert stayer.result() == "A2"


async def test_whose_patience_ran_out_before_their_turn_is_told_so_and_nothing_is_done() -> None:
    slow = Slow()
    coalescer = slow.coalescer()
    async with asyncio.TaskGroup() as group:
        group.create_task(coalescer.submit("a1"))
        await settled()
        impatient = group.create_task(_fault_of(coalescer.submit("a2", patience_seconds=-1.0)))
        await settled()
        slow.gate.set()

    assert isinstance(impatient.result(), errors.Overloaded)
    assert slow.batches == [["a1"]]


async def test_a_batch_whose_connection_broke_is_asked_once_more() -> None:
    breaks = [errors.DatabaseUnavailable("broke")]
    batches: list[list[str]] = []

    async def run(items: Sequence[str]) -> list[str]:
        batches.append(list(items))
        if breaks:
            raise breaks.pop()
        return list(items)

    coalescer: Coalescer[str, str] = Coalescer("test", run, lane=lambda item: "", conflict=lambda item: item)

    assert await coalescer.submit("a1") == "a1"
    assert batches == [["a1"], ["a1"]]


async def test_a_batch_that_takes_too_long_fails_all_of_it_and_the_lane_goes_on() -> None:
    slow = Slow()
    coalescer = slow.coalescer(batch_seconds=0.01)
    fault = await _fault_of(coalescer.submit("a1"))
    slow.gate.set()

    assert isinstance(fault, errors.DatabaseTimeout)
    assert await coalescer.submit("a2") == "A2"


async def _fault_of(call: object) -> BaseException | None:
    try:
        await call  # type: ignore[misc]  # any awaitable will do
    except errors.DoorbusterError as fault:
        return fault
    return None
