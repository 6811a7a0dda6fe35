"""What a worker was asked in the last five minutes: the ground on which a change is tried before it is made.

Promises: 25 bytes for each of the last `ENTRIES` requests and no more; remembering one costs under a microsecond; no
address and no cookie is kept, only Python's hashes of them, under a key that every process draws anew.
"""

from array import array
from collections.abc import Iterator

ENTRIES = 65_536
SECONDS = 300.0

Asked = tuple[float, int, int, int]
"""When (monotonic seconds), of which kind, by which client, from which network."""


class Recent:
    """A ring of requests, the newest of which overwrites the eldest."""

    def __init__(self, started: float, entries: int = ENTRIES) -> None:
        """Begin at `started` (monotonic seconds) with nothing asked."""
        self._started, self._entries, self._asked = started, entries, 0
        self._times, self._kinds = array("d", bytes(8 * entries)), bytearray(entries)
        self._clients, self._networks = array("q", bytes(8 * entries)), array("q", bytes(8 * entries))

    def remember(self, now: float, kind: int, client: str, network: str = "") -> None:
        """Keep one request; `kind` is a number below 256 that its owner gives a meaning."""
        at = self._asked % self._entries
        self._times[at], self._kinds[at] = now, kind
        self._clients[at], self._networks[at] = hash(client), hash(network)
        self._asked += 1

    def since(self, now: float) -> float:
        """Return since when everything is remembered, five minutes ago at most."""
        eldest = self._times[self._asked % self._entries] if self._asked > self._entries else self._started
        return max(eldest, now - SECONDS)

    def asked(self, now: float) -> Iterator[Asked]:
        """Return an iterator over the last five minutes in their order; it reads a copy, so it may take its time."""
        at = self._asked % self._entries
        parts = [slice(at, None), slice(0, at)] if self._asked >= self._entries else [slice(0, at)]
        copies = [
            (self._times[part], self._kinds[part], self._clients[part], self._networks[part]) for part in parts
        ]  # fmt: skip
        return _later_than(now - SECONDS, copies)


def _later_than(
    moment: float, copies: "list[tuple[array[float], bytearray, array[int], array[int]]]"
) -> Iterator[Asked]:
    for times, kinds, clients, networks in copies:
        for each in zip(times, kinds, clients, networks, strict=True):
            if each[0] >= moment:
                yield each
