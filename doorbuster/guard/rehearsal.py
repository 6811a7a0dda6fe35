"""What a change would have refused in the last five minutes: the control plane asks, every worker tries it out.

A question travels with the policy in the answer to a worker's push; what was found travels with its next snapshot.

Promises: nothing of what is tried is in force; a worker tries one change at a time and lets requests go first.
Never: claims to know more than was seen. Whoever is refused comes back or goes away, and the past does not say which;
a worker knows its own life only; limits are tried with fresh bursts at the beginning, and each worker counts alone.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from doorbuster.clock import Clock
from doorbuster.guard.classes import CLASSES
from doorbuster.guard.gcra import Meter
from doorbuster.guard.lanes import LANES
from doorbuster.guard.policy import Limit, Policy, rates_of
from doorbuster.guard.recent import SECONDS, Recent

QUESTIONS_MAX = 8
REQUESTS_AT_ONCE = 500
SUMMED = ("asked", "refused", "was_refused")
REFUSED = 128
"""Added to a kind: the request was refused. A lane's kind has KEPT added when its caller bears a pass."""
KEPT = 64


class Question(msgspec.Struct, frozen=True):
    """A change to try: a class and its limit, or `lane:…` to close and no limit. `id` tells questions apart."""

    id: str
    name: str
    limit: Limit | None


class News(msgspec.Struct, frozen=True):
    """What a worker hears: the policy in force, and the changes to try."""

    policy: Policy
    questions: tuple[Question, ...] = ()


class Rehearsed(msgspec.Struct, frozen=True):
    """What one worker found: of so many `asked` in `seconds`, so many would have been refused, so many were.

    `clients` and `clients_refused` count this worker's callers; one who came to two workers is counted by both.
    """

    question: str
    asked: int
    refused: int
    was_refused: int
    clients: int
    clients_refused: int
    seconds: float


class Rehearsal(msgspec.Struct, frozen=True):
    """What the workers found together; of `workers` that live, as many answered in time as there are `answers`."""

    workers: int
    answers: tuple[Rehearsed, ...]

    def words(self) -> list[str]:
        """Say what was found, and what could not be known, in sentences."""
        if not self.answers:
            return [f"None of {self.workers} workers answered in time, so nothing can be said."]
        asked, refused, was = (sum(getattr(each, of) for each in self.answers) for of in SUMMED)
        clients, losers = (sum(getattr(each, of) for each in self.answers) for of in ("clients", "clients_refused"))
        told = [
            f"It would have refused {refused:,} of {asked:,} requests; {was:,} were refused as it was.",
            f"That would have met at most {losers:,} of {clients:,} callers.",
            f"{len(self.answers)} of {self.workers} workers answered.",
        ]
        if (least := min(each.seconds for each in self.answers)) < SECONDS - 1:
            told.append(f"Not all of them remember five minutes: one began {least:.0f} s ago, or had to forget.")
        return told


class Rehearsals:
    """Tries in one worker what is asked; `answers` are the last ones."""

    def __init__(self, limits: Recent, lanes: Recent, share: Callable[[], float], clock: Clock) -> None:
        """Try limits on `limits`, closed lanes on `lanes`; `share` is this worker's part of each limit."""
        self.answers: tuple[Rehearsed, ...] = ()
        self._limits, self._lanes, self._share, self._clock = limits, lanes, share, clock
        self._asked: dict[str, Question] = {}
        self._called = asyncio.Event()

    def hear(self, questions: Sequence[Question]) -> None:
        """Take what is asked now; what is no longer asked is forgotten."""
        known = {answer.question for answer in self.answers}
        self._asked = {each.id: each for each in questions[:QUESTIONS_MAX] if each.id not in known}
        if self._asked:
            self._called.set()

    async def run(self) -> None:
        """Try one after the other, until cancelled."""
        while True:
            await self._called.wait()
            while self._asked:
                question = self._asked.pop(next(iter(self._asked)))
                answer = await self.rehearse(question)
                self.answers = (*self.answers, answer)[-QUESTIONS_MAX:]
            self._called.clear()

    async def rehearse(self, question: Question) -> Rehearsed:
        """Try one change on what was asked in the last five minutes."""
        now = self._clock.monotonic()
        if question.limit is not None:
            recent, judge = self._limits, _limited(question.name, question.limit, self._share())
        else:
            recent, judge = self._lanes, _closed(question.name.partition(":")[2])
        asked = refused = was_refused = 0
        clients: set[int] = set()
        losers: set[int] = set()
        for number, (at, kind, client, network) in enumerate(recent.asked(now)):
            if number % REQUESTS_AT_ONCE == 0:
                await asyncio.sleep(0)
            verdict = judge(at, kind, client, network)
            if verdict is None:
                continue
            asked += 1
            was_refused += kind >= REFUSED
            clients.add(client)
            if verdict:
                refused += 1
                losers.add(client)
        seconds = now - recent.since(now)
        return Rehearsed(question.id, asked, refused, was_refused, len(clients), len(losers), seconds)


Judge = Callable[[float, int, int, int], bool | None]
"""Says whether a request would have been refused; None for one that the change does not touch."""


def encode(news: News) -> bytes:
    """Write news for the way to the workers."""
    return msgspec.json.encode(news)


def decode(document: bytes) -> News:
    """Read news; raises msgspec.DecodeError for anything else."""
    return msgspec.json.decode(document, type=News)


def _limited(name: str, limit: Limit, share: float) -> Judge:
    """Judge by a limit as `RateLimit` does: both bounds hold, and only what passes counts."""
    mine = CLASSES.index(name)
    client_rate, network_rate = rates_of(limit, share)
    own: Meter[int] = Meter(client_rate)
    shared: Meter[int] = Meter(network_rate)

    def judge(at: float, kind: int, client: int, network: int) -> bool | None:
        if kind % REFUSED != mine:
            return None
        if not (own.ask(client, at).passes and shared.ask(network, at).passes):
            return True
        own.count(client, at)
        shared.count(network, at)
        return False

    return judge


def _closed(name: str) -> Judge:
    """Judge by a closed lane: who bears a pass is let in."""
    mine = next(number for number, lane in enumerate(LANES) if lane.name == name)

    def judge(_at: float, kind: int, _client: int, _network: int) -> bool | None:
        return None if kind % KEPT != mine else not kind & KEPT

    return judge
