"""Taking turns: what is compared runs A B A B …, so that a slow minute of the machine hurts both sides."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure

T = TypeVar("T")
Turn = Callable[[], Awaitable[float]]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long is measured: rounds of turns, and the seconds of a turn."""

    rounds: int
    seconds: float


Group = Callable[[Ground, Pace, Say], Awaitable[list[Measure]]]


async def in_turns(pace: Pace, turns: Mapping[str, Callable[[], Awaitable[T]]], say: Say) -> dict[str, list[T]]:
    """Run every turn once a round and return what each gave, in the order of the rounds."""
    given: dict[str, list[T]] = {name: [] for name in turns}
    for number in range(1, pace.rounds + 1):
        for name, turn in turns.items():
            say(f"{name}, round {number} of {pace.rounds}")
            given[name].append(await turn())
    return given


def medians(given: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of every turn."""
    return {name: median(values) for name, values in given.items()}
