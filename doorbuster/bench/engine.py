"""The engine in-process: holds a second on one hot item and what a lone buyer waits, against a transaction a hold."""

import asyncio
import itertools
import time
from collections.abc import Iterator

from doorbuster.bench import pgbench
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure, rate, ratio
from doorbuster.bench.rounds import Pace, Say, Turn, in_turns, medians
from doorbuster.errors import DoorbusterError
from doorbuster.sale.answers import Held
from doorbuster.sale.holds import Caller, Claims
from doorbuster.sale.sales import Sale

WAITING = (1, 64, 256, 1024)
CLIENTS = (1, 16, 64)
FORMS = {"one_round_trip": 20.0, "plain": 30.0}
DISK_MICROSECONDS = 1_000
WARM_SECONDS = 0.3


async def gain(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Measure the engine against both forms, on this machine's flush and on one of a millisecond."""
    await pgbench.prepare(ground)
    flush = await pgbench.flush_microseconds(ground)
    found = [Measure("flush of the log (fdatasync)", flush, "µs")]
    found += await _gain(ground, pace, say, f"flush {flush:.0f} µs")
    await ground.delay_flush(DISK_MICROSECONDS)
    try:
        found += await _gain(ground, pace, say, "flush +1 ms")
    finally:
        await ground.delay_flush(0)
    return found


async def lone_buyer(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Compare what one buyer waits for a hold, alone, with the plain form's one client."""
    given = await in_turns(
        pace,
        {
            "lone buyer, engine": lambda: holds_per_second(ground, 1, pace.seconds),
            "lone buyer, plain": lambda: pgbench.holds_per_second(ground, "plain", 1, pace.seconds),
        },
        say,
    )
    ours, plain = (1e6 / value for value in medians(given).values())
    told = f"engine {ours:,.0f} µs, BEGIN-UPDATE-INSERT-COMMIT {plain:,.0f} µs"
    return [Measure("lone buyer's wait / plain form", ratio(ours, plain), "ratio", at_most=1.1, absolutes=told)]


async def _gain(ground: Ground, pace: Pace, say: Say, flush: str) -> list[Measure]:
    turns = {f"engine, {waiting} waiting": _engine_turn(ground, waiting, pace.seconds) for waiting in WAITING}
    for form in FORMS:
        turns |= {
            f"{form}, {clients} clients": _pgbench_turn(ground, form, clients, pace.seconds) for clients in CLIENTS
        }
    got = medians(await in_turns(pace, turns, lambda words: say(f"{flush}: {words}")))
    curve = {waiting: got[f"engine, {waiting} waiting"] for waiting in WAITING}
    best = max(curve.values())
    told = ", ".join(f"{waiting} waiting {rate(value)}" for waiting, value in curve.items())
    found = [Measure(f"engine, {flush}", best, "holds/s", absolutes=told)]
    for form, target in FORMS.items():
        naive = {clients: got[f"{form}, {clients} clients"] for clients in CLIENTS}
        told = ", ".join(f"{clients} clients {rate(value)}" for clients, value in naive.items())
        name = f"engine / best {form.replace('_', ' ')}, {flush}"
        found.append(Measure(name, ratio(best, max(naive.values())), "ratio", at_least=target, absolutes=told))
    return found


def _engine_turn(ground: Ground, waiting: int, seconds: float) -> Turn:
    return lambda: holds_per_second(ground, waiting, seconds)


def _pgbench_turn(ground: Ground, form: str, clients: int, seconds: float) -> Turn:
    return lambda: pgbench.holds_per_second(ground, form, clients, seconds)


async def holds_per_second(ground: Ground, waiting: int, seconds: float) -> float:
    """Return the holds a second of `waiting` buyers who each claim again as soon as they are answered."""
    sale = await ground.fresh_sale()
    crowd = Crowd(Claims(ground.database), sale, itertools.repeat(sale.items[0].sku))
    rate_measured = await crowd.claim(waiting, seconds)
    if crowd.held != (found := await ground.held_in(sale)):
        raise DoorbusterError(f"{crowd.held} holds were acknowledged, the database has {found}")
    return rate_measured


class Crowd:
    """Buyers who claim through one worker's coalescer, each time as somebody new; `held` counts their holds."""

    def __init__(self, claims: Claims, sale: Sale, skus: Iterator[str]) -> None:
        """Claim what `skus` names in turn."""
        self._claims, self._sale, self._skus = claims, sale, skus
        self._numbers = itertools.count()
        self._over = False
        self.held = 0

    async def claim(self, waiting: int, seconds: float) -> float:
        """Let so many claim for so long and return the holds a second, the first moments left out."""
        async with asyncio.TaskGroup() as group:
            for _ in range(waiting):
                group.create_task(self._buyer())
            await asyncio.sleep(WARM_SECONDS)
            before, started = self.held, time.perf_counter()
            await asyncio.sleep(seconds)
            held, ended = self.held, time.perf_counter()
            self._over = True
        return (held - before) / (ended - started)

    async def _buyer(self) -> None:
        while not self._over:
            number = next(self._numbers)
            caller = Caller(f"s:buyer-number-{number:012d}", f"key-of-a-hold-{number:012d}")
            answer = await self._claims.claim_item(self._sale, next(self._skus), 1, caller)
            if not isinstance(answer, Held):
                raise DoorbusterError(f"a buyer was told {answer.name}")
            self.held += 1
