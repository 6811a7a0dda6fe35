"""How many are called each second: what checkout was measured to take, and what the stock can still give.

One process does this, under a lease. `next_step` is the whole decision, a function of what was measured:

* The rate grows by a tenth each second while no claim is refused for load and what is admitted is completed, falls by a
  fifth in a second with refusals, and stays below the operator's ceiling.
* Of those who are called some do not come; as many more are called (a moving average, at most 60 %), but never more
  admitted: whoever comes too many waits a moment in front of the door, and keeps the turn.
* Passes that have not claimed yet, and those expected of the called, stay within the stock divided by the lower bound
  of the measured conversion; the last units are not promised twice.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from doorbuster import metrics
from doorbuster.clock import Clock, earliest_id
from doorbuster.database import Database, QueryFile, Row
from doorbuster.room.entering import TURN_SECONDS
from doorbuster.room.rooms import RATE_AT_FIRST, Phase, draw_due_rooms

SQL = QueryFile("doorbuster.room", "release.sql")
TICK_SECONDS = 1.0
STEP_SECONDS_MAX = 2.0
MEASURED_SECONDS = 10.0
BURST_SECONDS = 2.0
GROWTH, BACK_OFF = 1.1, 0.8
HEADROOM = 2.0
"""How far the rate may run ahead of what is completed, so that it can grow at all."""
RATE_MIN = 0.5
NO_SHOW_MAX, NO_SHOW_WEIGHT = 0.6, 0.1
PACE_WEIGHT = 0.2
SAMPLE_MIN = 20
CONVERSION_MIN = 0.4
LAST_UNITS = 50
Z = 1.64

ROOMS = metrics.gauge("doorbuster_room", "The waiting room of a sale, as its controller sees it.", ("sale", "what"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the controller sees of one room.

    `idle` passes are alive and have claimed nothing, `used` have a hold, `unused` are over without one. Of the
    positions from `lapsed` on, those below `called_long_ago` had their turn; `came_of_…` counts who came.
    """

    sale_id: UUID
    handle: str
    phase: Phase
    paused: bool
    over: bool
    seconds: float
    tail: int
    serving: int
    lapsed: int
    called_long_ago: int
    came_of_lapsed: int
    came_of_called: int
    rate: float
    rate_max: float | None
    pace: float
    no_show: float
    credit: float
    allowance: float
    admitted: int
    refused: int
    refused_now: int
    completed: int
    units_left: int
    units_held: int
    idle: int
    used: int
    unused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the controller writes: positions below `serving` are called, at most `allowance` are admitted in all."""

    phase: Phase
    serving: int
    lapsed: int
    rate: float
    pace: float
    no_show: float
    credit: float
    allowance: float


async def tend_rooms(database: Database, clock: Clock) -> float:
    """Draw for the sales that have opened, call the next in every room, and return the seconds until the next time."""
    started = clock.monotonic()
    await draw_due_rooms(database)
    since = earliest_id(clock.now() - timedelta(seconds=MEASURED_SECONDS))
    rows = await database.fetch(SQL.rooms_to_tend, since=since, turn_seconds=TURN_SECONDS)
    for row in rows:
        await _tend(database, _measured(row))
    return max(0.05, TICK_SECONDS - (clock.monotonic() - started))


async def report_refusals(database: Database, refused: int) -> None:
    """Tell the controller that this process refused claims for load."""
    await database.execute(SQL.report_refusals, refused=refused)


def next_step(seen: Measured) -> Step:
    """Decide what happens to a room in this second."""
    seconds = min(max(seen.seconds, 0.0), STEP_SECONDS_MAX)
    no_show = _no_show(seen)
    conversion = conversion_of(seen.used, seen.unused)
    free = bound_of(seen.units_left, conversion) - seen.idle
    if seen.paused or seen.over:
        rate, called, credit, allowance = seen.rate, 0, 0.0, float(seen.admitted)
    else:
        rate = _rate(seen, conversion, seconds)
        burst = max(1.0, rate * BURST_SECONDS)
        credit = min(seen.credit + rate * seconds, burst)
        to_come = (seen.serving - seen.called_long_ago - seen.came_of_called) * (1 - no_show)
        called = math.floor(max(0.0, min(credit, free - to_come)) / (1 - no_show) + 1e-9)
        called = min(called, seen.tail - seen.serving)
        credit -= called * (1 - no_show)
        allowance = min(seen.allowance + rate * seconds, seen.admitted + min(burst, max(0.0, free)))
    return Step(
        phase=_phase(seen),
        serving=seen.serving + called,
        lapsed=seen.called_long_ago,
        rate=rate,
        pace=seen.pace + PACE_WEIGHT * (called / max(seconds, 0.1) - seen.pace),
        no_show=no_show,
        credit=max(0.0, credit),
        allowance=max(allowance, float(seen.admitted)),
    )


def conversion_of(used: int, unused: int) -> float:
    """Return the lower bound (Wilson, one-sided 95 %) of the share of passes that claim; 1 while too few were seen."""
    seen = used + unused
    if seen < SAMPLE_MIN:
        return 1.0
    share = used / seen
    centre = share + Z * Z / (2 * seen)
    spread = Z * math.sqrt(share * (1 - share) / seen + Z * Z / (4 * seen * seen))
    return max(CONVERSION_MIN, (centre - spread) / (1 + Z * Z / seen))


def bound_of(units_left: int, conversion: float) -> float:
    """Return how many passes so many units allow; the last units are promised once."""
    return units_left * (1 + (1 / conversion - 1) * min(1.0, units_left / LAST_UNITS))


def _rate(seen: Measured, conversion: float, seconds: float) -> float:
    if seen.refused_now > 0:
        rate = seen.rate * BACK_OFF
    else:
        keeping_up = max(RATE_AT_FIRST, HEADROOM * seen.completed / MEASURED_SECONDS / conversion)
        rate = min(seen.rate * GROWTH**seconds, max(keeping_up, seen.rate * BACK_OFF))
    return min(max(rate, RATE_MIN), seen.rate_max or math.inf)


def _no_show(seen: Measured) -> float:
    lapsed = seen.called_long_ago - seen.lapsed
    if lapsed <= 0:
        return seen.no_show
    missed = 1 - seen.came_of_lapsed / lapsed
    return min(NO_SHOW_MAX, seen.no_show + NO_SHOW_WEIGHT * (missed - seen.no_show))


def _phase(seen: Measured) -> Phase:
    if seen.over:
        return "closed"
    return "sold_out" if seen.units_left <= 0 and seen.units_held <= 0 else "admitting"


async def _tend(database: Database, seen: Measured) -> None:
    step = next_step(seen)
    if seen.paused:
        await database.execute(SQL.stretch_turns, sale_id=seen.sale_id, seconds=seen.seconds, turn_seconds=TURN_SECONDS)
    await database.execute(
        SQL.tend_room,
        sale_id=seen.sale_id,
        refused=seen.refused,
        **{name: getattr(step, name) for name in Step.__slots__},
    )
    shown = {
        "tickets": seen.tail, "waiting": seen.tail - step.serving, "admitted": seen.admitted, "idle_passes": seen.idle,
        "rate": step.rate, "pace": step.pace,
    }  # fmt: skip
    for what, value in shown.items():
        ROOMS.set(value, seen.handle, what)


def _measured(row: Row) -> Measured:
    return Measured(**dict(row.items()))
