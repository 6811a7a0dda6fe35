"""Holds over HTTP: one worker against hello world, and what a hold costs when several workers share the hot row."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from doorbuster.bench import load, servers, spent
from doorbuster.bench.answers import hello_per_second
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure, rate, ratio
from doorbuster.bench.rounds import Pace, Say, in_turns
from doorbuster.errors import DoorbusterError

WORKERS = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn gave: answers a second, and statements and CPU microseconds for each answer."""

    per_second: float
    statements: float = 0.0
    cpu_us: float = 0.0


async def holds_over_http(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Measure holds with 1, 2 and 4 workers, and hello world with one."""
    turns: dict[str, Callable[[], Awaitable[Turn]]] = {"hello world": lambda: _hello(ground, pace.seconds)}
    for workers in WORKERS:
        turns[f"holds, {workers} workers"] = _shop_turn(ground, workers, pace.seconds)
    given = await in_turns(pace, turns, say)
    hello = median(turn.per_second for turn in given["hello world"])
    by_workers = {workers: _middle(given[f"holds, {workers} workers"]) for workers in WORKERS}
    one = by_workers[1]
    told = f"holds {rate(one.per_second)}, hello world {rate(hello)}"
    found = [
        Measure("holds over HTTP / hello world", ratio(one.per_second, hello), "ratio", at_least=0.5, absolutes=told)
    ]
    for workers in WORKERS[1:]:
        many = by_workers[workers]
        rates = f"{rate(many.per_second)} against {rate(one.per_second)}"
        statements = f"{many.statements:.3f} against {one.statements:.3f} with one worker; {rates}"
        found.append(
            Measure(f"statements a hold, {workers} workers / 1", ratio(many.statements, one.statements), "ratio",
                    at_most=1.1, absolutes=statements)
        )  # fmt: skip
        cpu = f"{many.cpu_us:.0f} µs against {one.cpu_us:.0f} µs with one worker (workers and PostgreSQL)"
        found.append(
            Measure(f"CPU a hold, {workers} workers / 1", ratio(many.cpu_us, one.cpu_us), "ratio",
                    at_most=1.1, absolutes=cpu)
        )  # fmt: skip
    return found


def _shop_turn(ground: Ground, workers: int, seconds: float) -> Callable[[], Awaitable[Turn]]:
    return lambda: _shop(ground, workers, seconds)


async def _shop(ground: Ground, workers: int, seconds: float) -> Turn:
    """Press fresh workers with claims; every acknowledged hold is counted again in the database."""
    sale = await ground.fresh_sale()
    async with servers.shop(ground, workers) as shop:
        address = f"{shop.url}/api/v1/sales/{sale.id}/holds"
        await load.press(address, "claim", load.WARM_SECONDS, sale.items[0].sku)
        statements, held = await ground.transactions(), await ground.held_in(sale)
        cpu = spent.cpu_seconds(shop.pids, [ground.server.pid])
        pressed = await load.press(address, "claim", seconds, sale.items[0].sku)
        cpu = spent.cpu_seconds(shop.pids, [ground.server.pid]) - cpu
        statements = await ground.transactions() - statements
        held = await ground.held_in(sale) - held
    acknowledged = pressed.requests - pressed.refused
    if pressed.refused or not acknowledged <= held <= acknowledged + load.CONNECTIONS:
        raise DoorbusterError(f"of {pressed.requests} claims {acknowledged} were acknowledged, {held} are held")
    return Turn(pressed.per_second, statements / held, cpu * 1e6 / held)


async def _hello(ground: Ground, seconds: float) -> Turn:
    return Turn(await hello_per_second(ground, seconds))


def _middle(turns: list[Turn]) -> Turn:
    return Turn(
        median(turn.per_second for turn in turns),
        median(turn.statements for turn in turns),
        median(turn.cpu_us for turn in turns),
    )
