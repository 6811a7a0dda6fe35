"""Does it hurt? Diagnosis begins with what customers feel, and with the few resources whose end they will feel soon.

Promises: says within three seconds of the first bad one that it hurts, and since when; a single odd second is none.
Never: looks at a processor's load: that is a suspect, not a pain.

Source: the Prometheus project's advice to alert on symptoms; what "hurt" means is the design's: broken, slower than
three seconds, or turned away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.watch.diagnosis.signs import SIGNS, Sign, Usual, usual
from doorbuster.watch.signals import Tick

HOLD_SECONDS = 3
OFTEN_SECONDS, OFTEN_OF_SECONDS = 4, 6
CALM_SECONDS = 15
REFERENCE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Pain:
    """It hurts since `onset` (seconds since 1970); `felt` says whether customers feel it already."""

    onset: int
    kind: str
    sentence: str
    felt: bool = True


def usual_before(ticks: Sequence[Tick]) -> Usual:
    """Return what was usual in the three minutes before the last seconds; `ticks` oldest first."""
    return usual(ticks[:-HOLD_SECONDS][-REFERENCE_SECONDS:])


def pain_of(ticks: Sequence[Tick], known: Usual | None = None) -> Pain | None:
    """Return the worst pain of the last seconds, or None; `ticks` are the last minutes, oldest first.

    What is usual is taken from the minutes before, or is `known`: in a long pain the minutes before are ill as well.

    Each sign must stand in three seconds on end, or in four of six: a lock is waited for two seconds at most,
    and the next one has only just come. The onset is the first of the seconds in which it stood, two odd ones between
    allowed.
    """
    if len(ticks) < HOLD_SECONDS:
        return None
    reference = known or usual_before(ticks)
    for kind, felt, sign, say in SIGNS:
        if _stands([sign(tick, reference) for tick in ticks[-OFTEN_OF_SECONDS:]]):
            return Pain(_since(ticks, reference, sign), kind, say(ticks[-1], reference), felt)
    return None


def _stands(stood: Sequence[bool]) -> bool:
    return all(stood[-HOLD_SECONDS:]) or (stood[-1] and sum(stood) >= OFTEN_SECONDS)


def calm(ticks: Sequence[Tick], reference: Usual) -> bool:
    """Say whether none of the signs stood in any of the last 15 seconds."""
    lately = ticks[-CALM_SECONDS:]
    return len(lately) == CALM_SECONDS and not any(sign(tick, reference) for tick in lately for _, _, sign, _ in SIGNS)


def _since(ticks: Sequence[Tick], reference: Usual, sign: Sign) -> int:
    first, odd = ticks[-1].at, 0
    for tick in reversed(ticks):
        if sign(tick, reference):
            first, odd = tick.at, 0
        elif (odd := odd + 1) > 2:
            break
    return first
