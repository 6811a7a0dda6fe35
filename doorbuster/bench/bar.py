"""The bar: 200 units for 64, 512 and 5,000 shoppers who wait at most 30 s, as the drills of that name judge it."""

import asyncio
import os
import sys

import msgspec

from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure
from doorbuster.bench.rounds import Pace, Say
from doorbuster.errors import DoorbusterError

DRILLS = ("bar-64", "bar-512", "bar-5000")


class Line(msgspec.Struct, frozen=True):
    """One line of a drill's verdict."""

    name: str
    value: float
    unit: str
    target: float | None
    holds: bool | None


async def the_bar(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Run each drill once in a shop of its own, and take over every line of its verdict."""
    del pace
    found = []
    for drill in DRILLS:
        say(drill)
        found += [
            Measure(
                f"{drill}: {line.name.replace('_', ' ')}",
                line.value,
                line.unit,
                at_most=line.target,
                told=line.holds is not False,
            )
            for line in await _verdict(ground, drill)
        ]
    return found


async def _verdict(ground: Ground, drill: str) -> list[Line]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["DOORBUSTER_HOME"] = str(ground.home / drill)
    environment["PORT"] = "1"  # nothing runs there, so the drill starts a shop of its own
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "doorbuster", "drill", drill, "--json", env=environment, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said, _ = await process.communicate()
    try:
        return msgspec.json.decode(said, type=list[Line])
    except msgspec.DecodeError as fault:
        raise DoorbusterError(f"the drill {drill} ended with status {process.returncode} and no verdict") from fault
