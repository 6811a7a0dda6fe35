"""A drill on one page: given (the shop and its sale), when (the crowd and the faults), then (what must hold).

`reading.py` reads it from a file and tells mistakes.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from doorbuster.drill.arrivals import Curve, busiest, read_trace
from doorbuster.drill.faults.known import KNOWN
from doorbuster.drill.faults.wish import Fault
from doorbuster.drill.measured import MEASURES
from doorbuster.drill.plan import AGENTS, Habits, Journey, Pace, Share

Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
PROTECTED = ("DOORBUSTER_HOME", "DATABASE_URL", "PORT", "CONTROL_PORT", "GATEWAY_PORT", "HOST")
PAYING = ("PAYMENT_URL", "PAYMENT_KEY", "PAYMENT_CALLBACK_SECRET", "PAYMENT_PAGE_ORIGINS")


class Given(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The sale that the crowd comes for, and the shop it is in. Whatever is said of the shop needs one of its own."""

    units: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    hold_seconds: Annotated[int, msgspec.Meta(ge=5, le=86_400)] = 12
    limit_per_customer: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    room: Literal["", "lottery", "first_come"] = ""
    """The sale has a waiting room, whose order is drawn at the opening or that of coming."""

    room_rate: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0.0
    """How many a second the room lets in at the most; 0 for what is measured."""

    workers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    products: Count = 0
    orders: Count = 0
    divided: bool = False
    """PostgreSQL has one core, the shop and the crowd share another one."""

    disk_megabytes: Annotated[int, msgspec.Meta(ge=0, le=4_096)] = 0
    """The home is on a disk of this size (needs root)."""

    environment: dict[str, str] = {}
    without_indexes: list[str] = []
    commands: list[str] = []
    """What operators did beforehand, as words after `doorbuster`."""

    def __post_init__(self) -> None:
        """Refuse settings that would lead out of the drill's own shop, or to real money."""
        for name in self.environment:
            if name in PROTECTED:
                raise ValueError(f"`{name}` is the drill's own to choose; leave it out")
            if name in PAYING:
                raise ValueError(f"`{name}` is refused: a drill never pays with real money")


class When(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The crowd: so many shoppers over so many seconds, along a curve or as a trace; or so many at a time (`lanes`)."""

    shoppers: Count = 0
    seconds: Seconds = 0.0
    curve: Curve = "poisson"
    points: list[tuple[Seconds, float]] = []
    """(second, shoppers a second), linear in between; instead of `shoppers` and `seconds`."""

    trace: str = ""
    """A file with a recorded trace, whose shape the arrivals take."""

    trace_busiest: Count = 0
    """Only so many intervals of the trace, those that hold most; 0 for all of it."""

    lanes: Count = 0
    opens_after_seconds: Seconds = 3.0
    journey: Journey = "visit"
    mix: dict[Journey, Share] = {}
    devices: dict[str, Share] = {}
    pages: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    hoarder_networks: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    habits: Habits = Habits()
    pace: Pace = Pace()
    faults: list[Fault] = []

    def __post_init__(self) -> None:
        """Refuse a crowd that is none or more than one, a curve that goes back, and faults nobody knows."""
        if sum(map(bool, (self.shoppers, self.lanes, self.points))) != 1:
            raise ValueError(
                "give either `shoppers` (an open crowd), `points` (a curve) or `lanes` (so many at a time)"
            )
        if self.points and (len(self.points) < 2 or sorted(self.points) != self.points or min(self.points)[0] != 0):
            raise ValueError("`points` need at least two moments, from 0 on, each later than the one before")
        if any(rate < 0 for _, rate in self.points):
            raise ValueError("`points` hold shoppers a second: none or more")
        if self.trace and not self.shoppers:
            raise ValueError("`trace` is the shape of a crowd of so many `shoppers` over so many `seconds`")
        if unknown := [name for name in self.devices if name not in AGENTS]:
            raise ValueError(f"`{unknown[0]}` is no device; known are {', '.join(AGENTS)}")
        for fault in self.faults:
            _check_fault(fault)


class Bound(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a measure may be."""

    most: float | None = None
    least: float | None = None

    def __post_init__(self) -> None:
        """Refuse a bound that bounds nothing."""
        if self.most is None and self.least is None:
            raise ValueError("give `most`, `least` or both")

    def holds(self, value: float) -> bool:
        """Say whether a value is within the bound."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


class Scenario(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A whole drill."""

    title: str
    why: str
    given: Given
    when: When
    then: dict[str, Bound]
    quick: bool = False
    """Whether it is one of those that `drill all --quick` plays."""

    as_it_was: dict[str, Any] = {}
    """What was different then: tables that go over those above; its `then` replaces the other one."""

    name: str = ""
    folder: str = ""
    """Where its file is, for the trace beside it."""

    def __post_init__(self) -> None:
        """Refuse an expectation about something that is not measured."""
        for name in self.then:
            if name not in MEASURES:
                raise ValueError(f"`{name}` is not measured; known are {', '.join(sorted(MEASURES))}")

    def trace_counts(self) -> Sequence[int]:
        """Return the requests of each interval of the trace, which is where it says or beside the scenario.

        None without a trace; raises Misconfigured when it cannot be read.
        """
        if not self.when.trace:
            return []
        return busiest(read_trace(Path(self.folder, Path(self.when.trace).expanduser())), self.when.trace_busiest)


def _check_fault(fault: Fault) -> None:
    known = KNOWN.get(fault.kind)
    if known is None:
        raise ValueError(f"`{fault.kind}` is no fault; known are {', '.join(sorted(KNOWN))}")
    for key in known.asks_for:
        if not getattr(fault, key):
            raise ValueError(f"the fault `{fault.kind}` asks for `{key}`")
    if fault.kind != "operator" and fault.what and not re.fullmatch(r"[a-z_][a-z0-9_]*", fault.what):
        raise ValueError(f"`what` is a name in PostgreSQL, such as products_search; {fault.what!r} is none")
