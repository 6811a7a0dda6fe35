"""What was counted while it lasted: requests, answers that failed or came late, honest refusals, orders.

Promises: sums of the series, each value for as long as it stood; what the series does not know is left out.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from doorbuster.incident.evidence import Read

BEFORE_SECONDS = 600
STOOD_SECONDS_MAX = 60
RATE_SECONDS_MIN = 60
"""What is known of a shorter time is no rate."""

COUNTED = {
    "http.requests": "requests", "http.errors": "failed", "http.slow": "slow", "http.refused": "refused",
    "orders.placed": "orders",
}  # fmt: skip
"""Signal, a second -> what its sum is called."""


class Figures(msgspec.Struct, frozen=True):
    """Sums over the incident, and how many orders a minute there were in the ten minutes before and in it."""

    sums: dict[str, int] = {}
    orders_before: float | None = None
    orders_meanwhile: float | None = None

    @property
    def sentence(self) -> str:
        """Return what was counted as one sentence, or nothing."""
        if not self.sums.get("requests"):
            return ""
        parts = [
            f"{self.sums[name]:,} {words}"
            for name, words in (("failed", "failed"), ("slow", "took longer than three seconds"),
                                ("refused", "were refused honestly"))
            if self.sums.get(name)
        ]  # fmt: skip
        which = f"; of their answers {_listed(parts)}" if parts else ""
        return f"{self.sums['requests']:,} requests came{which}."

    @property
    def orders_sentence(self) -> str:
        """Return how many orders there were, and at which rate where both times are long enough; or nothing."""
        count = self.sums.get("orders")
        if count is None:
            return ""
        if count == 0:
            return "No order was placed while it lasted."
        placed = f"{count:,} order{' was' if count == 1 else 's were'} placed while it lasted"
        if self.orders_meanwhile is None or self.orders_before is None:
            return f"{placed}."
        return f"{placed}, {self.orders_meanwhile:.0f} a minute; before, {self.orders_before:.0f} a minute."


def counted(read: Read, began: int, ended: int) -> Figures:
    """Count what the series knows from the beginning to the end."""
    sums = {}
    for signal, name in COUNTED.items():
        points = read(signal, began, ended)
        if points:
            sums[name] = round(summed(points))
    before = read("orders.placed", began - BEFORE_SECONDS, began - 1)
    known = began - before[0][0] if before else 0
    return Figures(
        sums,
        60 * summed(before) / known if known >= RATE_SECONDS_MIN else None,
        60 * sums["orders"] / (ended - began) if "orders" in sums and ended - began >= RATE_SECONDS_MIN else None,
    )


def summed(points: Sequence[tuple[int, float]]) -> float:
    """Add up rates a second: each stands until the next, a minute at most; the last one for a second."""
    stood = [(value, min(after - at, STOOD_SECONDS_MAX)) for (at, value), (after, _) in pairwise(points)]
    return sum(value * seconds for value, seconds in stood) + (points[-1][1] if points else 0.0)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
