"""How often one may knock at the log-in: a bucket for each account name and one for each address.

Promises: guessing is limited to a few passwords a minute per account and per address; who has logged in from an
address before is not locked out by strangers who try his name elsewhere; memory is bounded.
Never: remembers anything over a restart of the control plane: the buckets are full again then.
"""

from collections import OrderedDict
from dataclasses import dataclass

REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Holds at most `burst` tokens and gains one every `refill_seconds`."""

    burst: int
    refill_seconds: float


PER_ACCOUNT = Bucket(burst=8, refill_seconds=30.0)
PER_ADDRESS = Bucket(burst=20, refill_seconds=6.0)


class Throttle:
    """The buckets, in memory, least recently used first."""

    def __init__(self) -> None:
        """Start with every bucket full."""
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wait_seconds(self, name: str, address: str, now_seconds: float) -> float:
        """Take one token of each bucket and return 0, or take none and return how long to wait."""
        kept = ((self._account_key(name, address), PER_ACCOUNT), (f"address {address}", PER_ADDRESS))
        waits = [self._wait(key, bucket, now_seconds) for key, bucket in kept]
        if max(waits) > 0:
            return max(waits)
        for key, bucket in kept:
            self._take(key, bucket, now_seconds)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """Fill the account's bucket again and remember that this address is one of its own."""
        self._buckets.pop(self._account_key(name, address), None)
        self._welcome[name.casefold(), address] = None
        _shrink(self._welcome)

    def _account_key(self, name: str, address: str) -> str:
        folded = name.casefold()[:200]
        return f"account {folded} at {address}" if (folded, address) in self._welcome else f"account {folded}"

    def _tokens(self, key: str, bucket: Bucket, now_seconds: float) -> float:
        tokens, since = self._buckets.get(key, (float(bucket.burst), now_seconds))
        return min(float(bucket.burst), tokens + (now_seconds - since) / bucket.refill_seconds)

    def _wait(self, key: str, bucket: Bucket, now_seconds: float) -> float:
        return max(0.0, (1.0 - self._tokens(key, bucket, now_seconds)) * bucket.refill_seconds)

    def _take(self, key: str, bucket: Bucket, now_seconds: float) -> None:
        self._buckets[key] = (self._tokens(key, bucket, now_seconds) - 1.0, now_seconds)
        self._buckets.move_to_end(key)
        _shrink(self._buckets)


def _shrink(remembered: "OrderedDict[str, tuple[float, float]] | OrderedDict[tuple[str, str], None]") -> None:
    while len(remembered) > REMEMBERED_MAX:
        remembered.popitem(last=False)
