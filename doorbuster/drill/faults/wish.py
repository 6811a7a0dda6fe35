"""One fault as a scenario asks for it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

import msgspec

from doorbuster.drill.chaos.house import House


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Something that goes wrong on purpose, counted from the opening (negative: before it)."""

    kind: str
    """Which fault; `doorbuster drill faults` lists them."""

    at_seconds: Annotated[float, msgspec.Meta(ge=-3_600, le=86_400)]
    for_seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    """How long until it is mended; 0 for what mends itself, such as a killed process."""

    what: str = ""
    """The index, function, or operator's command that the kind asks for."""

    sql: str = ""
    """For `replace-function`: the definition of the day."""

    times: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 0.0
    """How much: so many times slower, so many connections, MB or processes."""

    cause: str = ""
    """What a diagnosis should call it; empty where nobody needs to."""


Breaks = Callable[[House, Fault], AbstractAsyncContextManager[None]]
