"""How many visitors there were, and how many of them were hurt: a sample of people that can be added up.

A share of *answers* is not a share of *people*: who meets an error tries again, and counts once more. So each worker
notes whom it answered, and whether that hurt, as hashes; the control plane puts the workers and the seconds together.

Promises: exact up to VISITORS_MAX people, beyond that a fair sample of so many of them: a share is then right to within
about two points (95 in 100 times within four); an hour is kept; memory is bounded whoever comes.
Never: tells who it was: a hash of an address's hash and of what the browser calls itself, in memory only.

Source: bottom-k sketches, E. Cohen and H. Kaplan, "Summarizing data using bottom-k sketches" (PODC 2007): of all hashes
the smallest k are kept; they are a sample without repetition, and sketches of parts make the sketch of the whole.
"""

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import takewhile

import msgspec
from starlette.types import Scope

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.web.headers import headers_of
from doorbuster.web.networks import Networks

VISITORS_MAX = 1_024
SLICE_SECONDS = 5
SLICES_MAX = 3_600 // SLICE_SECONDS
WAITING_MAX = 60
"""Glimpses that a worker keeps for a control plane that is not there."""
AGENT_LENGTH_MAX = 200
HASHES_REMEMBERED = 4_096
HASHES = 2.0**64

SLOW_SECONDS = 3.0
HURTING = 0.01
OVERDUE = metrics.gauge("doorbuster_http_requests_overdue", "Requests that have waited for longer than three seconds.")

Sample = dict[int, bool]
"""Hash of a visitor, always even -> whether anything hurt."""


class Glimpse(msgspec.Struct, frozen=True):
    """Whom one worker answered lately: hashes, each with its last bit set when it hurt; `at` in seconds since 1970."""

    at: int
    seen: bytes


@dataclass(frozen=True, slots=True)
class Visitors:
    """How many people there were, and how many of them were hurt: by an error, or by more than three seconds."""

    seen: int = 0
    hurt: int = 0

    @property
    def share(self) -> float:
        """Return which share of them was hurt, from 0 to 1."""
        return self.hurt / self.seen if self.seen else 0.0


NOBODY = Visitors()


class Lookout:
    """A worker's part: sees every request come and go, and tells each second whose they were."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nobody."""
        self._clock = clock
        self._number = 0
        self._open: dict[int, tuple[float, str]] = {}
        self._sample: Sample = {}
        self._limit = int(HASHES)
        self._waiting: list[Glimpse] = []

    def came(self, who: str) -> int:
        """Note that a request has come, and return its number; `who` is the same for the same visitor."""
        self._number += 1
        self._open[self._number] = self._clock.monotonic(), who
        return self._number

    def went(self, number: int, hurt: bool) -> None:
        """Note that it was answered, and whether that hurt."""
        self.saw(self._open.pop(number)[1], hurt)

    def saw(self, who: str, hurt: bool) -> None:
        """Note an answer."""
        number = _hash_of(who)
        if number <= self._limit:
            self._sample[number] = hurt or self._sample.get(number, False)
            if len(self._sample) > 2 * VISITORS_MAX:
                self._sample = _smallest(self._sample)
                self._limit = max(self._sample)

    def tell(self) -> tuple[Glimpse, ...]:
        """Return what was seen since the last time that was heard, and begin anew.

        Who waits for longer than three seconds is hurt already, not only when the answer comes.
        """
        overdue = list(takewhile(self._is_overdue, self._open.values()))
        for _, who in overdue:
            self.saw(who, hurt=True)
        OVERDUE.set(len(overdue))
        if self._sample:
            now = Glimpse(int(self._clock.now().timestamp()), _packed(_smallest(self._sample)))
            self._waiting = [*self._waiting[1 - WAITING_MAX :], now]
            self._sample, self._limit = {}, int(HASHES)
        return tuple(self._waiting)

    def _is_overdue(self, request: tuple[float, str]) -> bool:
        return self._clock.monotonic() - request[0] > SLOW_SECONDS

    def heard(self) -> None:
        """Forget what was told: it has arrived."""
        self._waiting = []


@lru_cache(HASHES_REMEMBERED)
def _hash_of(who: str) -> int:
    return int.from_bytes(blake2b(who.encode(), digest_size=8).digest()) & ~1


def who_of(scope: Scope, networks: Networks) -> str:
    """Return what is the same for one visitor's requests: whence they come, and what the browser calls itself.

    A cookie would tell better, but a first page has none; two of the same make behind one address count as one.
    """
    agent = headers_of(scope).get(b"user-agent", b"")
    return networks.client_of(scope) + agent[:AGENT_LENGTH_MAX].decode("latin-1")


class VisitorBook:
    """The control plane's part: the last hour in slices of five seconds."""

    def __init__(self) -> None:
        """Begin with an empty hour."""
        self._slices: OrderedDict[int, bytes] = OrderedDict()
        self._hurting: set[int] = set()

    @property
    def since(self) -> int | None:
        """Return from when on anything is known, in seconds since 1970."""
        return min(self._slices, default=None)

    def add(self, glimpses: Iterable[Glimpse]) -> None:
        """Take what a worker saw."""
        for each in glimpses:
            start = each.at // SLICE_SECONDS * SLICE_SECONDS
            sample = _merged([self._slices.get(start, b""), each.seen])
            self._slices[start] = _packed(sample)
            (self._hurting.add if sum(sample.values()) > HURTING * len(sample) else self._hurting.discard)(start)
            while len(self._slices) > SLICES_MAX:
                oldest = min(self._slices)
                del self._slices[oldest]
                self._hurting.discard(oldest)

    def between(self, since: int, until: int) -> Visitors:
        """Return who was there from one second to the other, to the slice (seconds since 1970, both included)."""
        sample = _merged(seen for start, seen in self._slices.items() if since - SLICE_SECONDS < start <= until)
        hurt = sum(sample.values())
        if len(sample) < VISITORS_MAX:
            return Visitors(len(sample), hurt)
        # The k-th smallest of n hashes lies about at k/n of all there can be.
        about = round((VISITORS_MAX - 1) * HASHES / max(sample))
        return Visitors(about, round(about * hurt / len(sample)))

    def while_it_hurt(self, since: int) -> Visitors:
        """Return who was there from a second on until the last slice in which a hundredth or more was hurt."""
        hurting = [start for start in self._hurting if start > since - SLICE_SECONDS]
        return self.between(since, max(hurting)) if hurting else NOBODY


def _merged(parts: Iterable[bytes]) -> Sample:
    """Put samples together; each is sorted, so that what is too large for the whole is not even read."""
    sample: Sample = {}
    limit = int(HASHES)
    for part in parts:
        for number, hurt in _unpacked(part):
            if number > limit:
                break
            sample[number] = hurt or sample.get(number, False)
        if len(sample) > VISITORS_MAX:
            sample = _smallest(sample)
            limit = max(sample)
    return sample


def _smallest(sample: Sample) -> Sample:
    return {number: sample[number] for number in sorted(sample)[:VISITORS_MAX]}


def _packed(sample: Sample) -> bytes:
    return array("Q", (number | sample[number] for number in sorted(sample))).tobytes()


def _unpacked(packed: bytes) -> Iterator[tuple[int, bool]]:
    numbers = array("Q")
    numbers.frombytes(packed[: len(packed) // 8 * 8])
    return ((number & ~1, bool(number & 1)) for number in numbers[:VISITORS_MAX])
