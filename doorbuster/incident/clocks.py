"""How long it took: to detect, to acknowledge, to name the cause, to mitigate, to resolve.

Promises: a clock that has not run says so: `recorded`, `pending`, `not applicable`, or `invalid` when its end lies
before its beginning; it is never a false zero. What is told before anybody feels it needs no clock: `before it hurt`.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from doorbuster.incident.incident import Incident

Reading = Literal["recorded", "before it hurt", "pending", "not applicable", "invalid"]

CLOCKS = (
    ("detect", "impact_at", "detected_at"),
    ("acknowledge", "detected_at", "acknowledged_at"),
    ("name the cause", "detected_at", "named_at"),
    ("mitigate", "detected_at", "mitigated_at"),
    ("resolve", "detected_at", "resolved_at"),
)


class Reads(msgspec.Struct, frozen=True):
    """One clock: from when to when, in seconds, and what the reading is worth."""

    name: str
    state: Reading
    seconds: int | None


def clocks_of(it: Incident) -> tuple[Reads, ...]:
    """Return the clocks of an incident."""
    return tuple(_read(it, *clock) for clock in CLOCKS)


def middle(readings: Sequence[Reads]) -> int | None:
    """Return the median of the clocks that were recorded, or None."""
    known = sorted(each.seconds for each in readings if each.state == "recorded" and each.seconds is not None)
    return known[len(known) // 2] if known else None


def _read(it: Incident, name: str, begins: str, ends: str) -> Reads:
    began, ended = getattr(it, begins), getattr(it, ends)
    if begins == "impact_at" and began is None and not it.is_open and it.hurt_share == 0:
        return Reads(name, "before it hurt", None)
    if began is None or (ended is None and not it.is_open):
        return Reads(name, "pending" if it.is_open else "not applicable", None)
    if ended is None:
        return Reads(name, "pending", None)
    if ended < began:
        return Reads(name, "before it hurt" if begins == "impact_at" else "invalid", None)
    return Reads(name, "recorded", ended - began)
