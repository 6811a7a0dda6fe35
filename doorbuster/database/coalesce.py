"""Coalescing: while one batch is committing, the next collects.

Promises: a lone caller waits for nobody (there is no timer); a batch holds at most `batch_max` items, and a lane at
most `waiting_max`; every item is answered or fails, each for itself: a batch that PostgreSQL refuses is run again one
by one, so that one bad item cannot fail its neighbours.
Never: cancels a batch because one caller went away; never sends a part of a batch while another is under way.

Callers who left or whose patience ran out are dropped before their batch is sent, so nothing is done for nobody.
The batch verb must be safe to repeat for an item (by its idempotency key): after a broken connection the outcome of
a batch is unknown, and it is asked again once. Measured gains and traps are in docs/decisions.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from doorbuster import errors, metrics
from doorbuster.place import give_place_back
from doorbuster.tracing import bare_context

Item = TypeVar("Item")
Answer = TypeVar("Answer")

BATCHES = metrics.counter("doorbuster_coalesced_batches_total", "Batches sent to PostgreSQL.", ("statement",))
ITEMS = metrics.counter("doorbuster_coalesced_items_total", "Items in those batches.", ("statement",))
DROPPED = metrics.counter("doorbuster_coalesced_dropped_total", "Items not sent.", ("statement", "why"))


@dataclass(slots=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    answer: asyncio.Future[Answer]
    deadline: float


@dataclass(slots=True)
class _Lane(Generic[Item, Answer]):
    waiting: deque[_Waiting[Item, Answer]] = field(default_factory=deque)
    senders: set[asyncio.Task[None]] = field(default_factory=set)


class Coalescer(Generic[Item, Answer]):
    """Turns many single calls into few calls of an array-shaped verb.

    `run` takes the items of one batch and returns their answers in the same order. Items of different `lane`s are
    independent; of the items with the same `conflict` key a batch takes only the first, the others wait for the next.
    With `under_way_max` above one, further batches of a lane are sent while one is under way, but only full ones: the
    process is at work while PostgreSQL is, and batches do not fragment. The verb must then lock what it decides about.
    """

    def __init__(  # noqa: PLR0913 -- one parameter for each limit
        self,
        name: str,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        lane: Callable[[Item], Hashable],
        conflict: Callable[[Item], Hashable],
        batch_max: int = 128,
        waiting_max: int = 4_096,
        batch_seconds: float = 10.0,
        under_way_max: int = 1,
        rest: Callable[[Item, float], float] = lambda _, seconds: 0.0,
    ) -> None:
        """Keep the verb and its limits; `name` labels the metrics.

        `rest` tells, by an item of a batch and the seconds it took, the seconds in which the next one collects.
        """
        self._name, self._run, self._lane_of, self._conflict_of = name, run, lane, conflict
        self._batch_max, self._waiting_max, self._batch_seconds = batch_max, waiting_max, batch_seconds
        self._under_way_max, self._rest = under_way_max, rest
        self._lanes: dict[Hashable, _Lane[Item, Answer]] = {}

    async def submit(self, item: Item, patience_seconds: float = 10.0) -> Answer:
        """Return the item's answer; raise Overloaded at once when the lane is full, or when patience ran out unsent."""
        loop = asyncio.get_running_loop()
        key = self._lane_of(item)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane()
        if len(lane.waiting) >= self._waiting_max:
            DROPPED.add(self._name, "full")
            raise errors.Overloaded("too many are waiting for the same thing")
        waiting = _Waiting(item, loop.create_future(), loop.time() + patience_seconds)
        lane.waiting.append(waiting)
        # A batch is many callers' work: nothing of the one who began it, such as a deadline, holds for all.
        if not lane.senders or (len(lane.senders) < self._under_way_max and self._is_full(lane)):
            lane.senders.add(loop.create_task(self._drain(key, lane), context=bare_context()))
        # Many wait here for one batch: let in a few at a time, they would make small batches of a large one.
        give_place_back()
        answer: Answer = await waiting.answer
        return answer

    def _is_full(self, lane: _Lane[Item, Answer]) -> bool:
        return len(lane.waiting) >= self._batch_max

    async def _drain(self, key: Hashable, lane: _Lane[Item, Answer]) -> None:
        """Send batch after batch until nobody waits, or until less than a batch waits and another sender is at work."""
        loop, me = asyncio.get_running_loop(), asyncio.current_task()
        assert me is not None
        try:
            while (len(lane.senders) == 1 or self._is_full(lane)) and (batch := self._next_batch(lane)):
                started = loop.time()
                await self._send(batch)
                # At least one turn of the loop: who has arrived by now is read and joins the next batch.
                await asyncio.sleep(self._rest(batch[0].item, loop.time() - started))
        finally:
            lane.senders.discard(me)
            if not lane.senders:
                self._lanes.pop(key, None)
                # Only a shutdown leaves anybody behind: nothing was sent for them.
                _fail(list(lane.waiting), errors.Overloaded("the process is stopping; nothing was done"))

    def _next_batch(self, lane: _Lane[Item, Answer]) -> list[_Waiting[Item, Answer]]:
        """Take the longest waiting, leaving out those who left and putting back those who conflict."""
        now = asyncio.get_running_loop().time()
        batch: list[_Waiting[Item, Answer]] = []
        put_back: list[_Waiting[Item, Answer]] = []
        seen: set[Hashable] = set()
        while lane.waiting and len(batch) < self._batch_max:
            waiting = lane.waiting.popleft()
            if waiting.answer.done():
                DROPPED.add(self._name, "left")
            elif waiting.deadline < now:
                DROPPED.add(self._name, "patience")
                waiting.answer.set_exception(errors.Overloaded("it took too long to get a turn; nothing was done"))
            elif (conflict := self._conflict_of(waiting.item)) in seen:
                put_back.append(waiting)
            else:
                seen.add(conflict)
                batch.append(waiting)
        lane.waiting.extendleft(reversed(put_back))
        return batch

    async def _send(self, batch: list[_Waiting[Item, Answer]]) -> None:
        try:
            answers = await self._attempt([waiting.item for waiting in batch])
        except Exception as fault:
            if len(batch) == 1 or isinstance(fault, errors.DatabaseUnavailable | errors.DatabaseTimeout):
                _fail(batch, fault)
                return
            for waiting in batch:
                await self._send([waiting])
            return
        except asyncio.CancelledError:
            _fail(batch, errors.DatabaseUnavailable("the process is stopping; ask again with the same key"))
            raise
        for waiting, answer in zip(batch, answers, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(answer)

    async def _attempt(self, items: list[Item]) -> Sequence[Answer]:
        """Run the verb, a second time if the connection broke, PostgreSQL asked for it, or two met at a constraint.

        Whoever decides under another lock may promise the same at the same instant; the constraint refuses the second,
        who sees at the next try what the first did.
        """
        BATCHES.add(self._name)
        ITEMS.add(self._name, by=len(items))
        try:
            return await self._bounded(items)
        except (errors.DatabaseUnavailable, errors.DatabaseContention, errors.ConstraintViolated):
            return await self._bounded(items)

    async def _bounded(self, items: list[Item]) -> Sequence[Answer]:
        try:
            async with asyncio.timeout(self._batch_seconds):
                return await self._run(items)
        except TimeoutError as fault:
            raise errors.DatabaseTimeout("the batch took too long") from fault


def _fail(batch: Sequence[_Waiting[Item, Answer]], fault: BaseException) -> None:
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(fault)
