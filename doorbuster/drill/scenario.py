"""A drill on one page: given (the sale), when (the crowd and the faults), then (what must hold).

Promises: a mistake in the file is told with the file, the line, the key and what is allowed there.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from doorbuster.drill.arrivals import Curve
from doorbuster.drill.measures import MEASURES
from doorbuster.drill.plan import Habits, Journey, Pace
from doorbuster.errors import Misconfigured

OWN_SCENARIOS = Path(__file__).with_name("scenarios")

Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class Given(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The sale that the crowd comes for."""

    units: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    hold_seconds: Annotated[int, msgspec.Meta(ge=5, le=86_400)] = 12
    limit_per_customer: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Something that goes wrong on purpose, counted from the opening (negative: before it)."""

    kind: Literal["kill_worker"]
    at_seconds: Annotated[float, msgspec.Meta(ge=-3_600, le=3_600)]


class When(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The crowd: either so many shoppers over so many seconds, or so many at a time (`lanes`)."""

    shoppers: Count = 0
    seconds: Seconds = 0.0
    curve: Curve = "poisson"
    lanes: Count = 0
    opens_after_seconds: Seconds = 3.0
    journey: Journey = "visit"
    hoarder_networks: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1
    habits: Habits = Habits()
    pace: Pace = Pace()
    faults: list[Fault] = []

    def __post_init__(self) -> None:
        """Refuse a crowd that is neither or both."""
        if bool(self.shoppers) == bool(self.lanes):
            raise ValueError("give either `shoppers` (an open crowd) or `lanes` (so many at a time), not both")


class Bound(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a measure may be."""

    most: float | None = None
    least: float | None = None

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
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse an expectation about something that is not measured."""
        for name in self.then:
            if name not in MEASURES:
                raise ValueError(f"`{name}` is not measured; known are {', '.join(sorted(MEASURES))}")


def load(name: str) -> Scenario:
    """Read one of our own scenarios by name, or any by its file; raises Misconfigured with line and key."""
    own = OWN_SCENARIOS / f"{name}.toml"
    path = own if own.is_file() else Path(name)
    if not path.is_file():
        raise Misconfigured(f"there is no drill called {name!r}; known are {', '.join(names())}, or give a file")
    return parse(path.read_text(), str(path), path.stem)


def parse(text: str, file: str, name: str) -> Scenario:
    """Read a scenario's text; `file` is for messages."""
    try:
        scenario = msgspec.toml.decode(text, type=Scenario)
    except msgspec.ValidationError as fault:
        message, _, path = str(fault).partition(" - at `")
        key = path.rstrip("`").removeprefix("$").removeprefix(".")
        raise Misconfigured(f"{file}, line {line_of(text, key, message)}, {key or 'top'}: {message}") from None
    except msgspec.DecodeError as fault:
        raise Misconfigured(f"{file}: {fault}") from None
    return msgspec.structs.replace(scenario, name=name)


def names() -> list[str]:
    """Return the names of our own scenarios."""
    return sorted(path.stem for path in OWN_SCENARIOS.glob("*.toml"))


def line_of(text: str, key: str, message: str) -> int:
    """Return the line (from 1) on which a key such as `when.pace.poll_seconds` stands, or its table's.

    For an unknown or bad name inside a table, the message names it between backticks.
    """
    named = re.findall(r"`([\w-]+)`", message)
    wanted = re.sub(r"\[.*?\]", "", key).split(".") if key else []
    candidates = [[*wanted, name] for name in named] + [["then", name] for name in named]
    candidates += [wanted[:depth] for depth in range(len(wanted), 0, -1)]
    lines = dict(reversed([(tuple(path), number) for number, path in _paths(text)]))
    return next((lines[tuple(path)] for path in candidates if tuple(path) in lines), 1)


def _paths(text: str) -> list[tuple[int, list[str]]]:
    table: list[str] = []
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[+([\w.\- ]+)\]+", line):
            table = [part.strip() for part in heading[1].split(".")]
            found.append((number, table))
        elif key := re.match(r"\s*([\w.\-]+)\s*=", line):
            found.append((number, table + key[1].split(".")))
    return found
