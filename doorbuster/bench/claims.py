"""Holds over HTTP: one worker against hello world, and what a hold costs when several workers share the hot row.

Both are measured with a small crowd and with a large one. What several workers do to the batches is judged with the
large one: a closed loop of 64 connections leaves each of four workers 16, and no batch can be larger than that.
"""

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
SMALL_CROWD, LARGE_CROWD = load.CONNECTIONS, 512


@dataclass(frozen=True, slots=True)
class Costs:
    """What one turn gave: holds a second, and statements and CPU microseconds for each hold."""

    per_second: float
    statements: float = 0.0
    cpu_us: float = 0.0


async def holds_over_http(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Measure holds with 1, 2 and 4 workers, and hello world with one."""
    turns: dict[str, Callable[[], Awaitable[Costs]]] = {}
    for crowd in (SMALL_CROWD, LARGE_CROWD):
        turns[f"hello world, {crowd} connections"] = _hello_turn(ground, crowd, pace.seconds)
        for workers in WORKERS:
            turns[f"holds, {crowd} connections, {workers} workers"] = _shop_turn(ground, crowd, workers, pace.seconds)
    middles = {name: _middle(costs) for name, costs in (await in_turns(pace, turns, say)).items()}
    found = []
    for crowd in (SMALL_CROWD, LARGE_CROWD):
        hello = middles[f"hello world, {crowd} connections"].per_second
        by_workers = {n: middles[f"holds, {crowd} connections, {n} workers"] for n in WORKERS}
        found.append(_against_hello(crowd, by_workers[1].per_second, hello))
        for workers in WORKERS[1:]:
            found += _against_one_worker(crowd, workers, by_workers[workers], by_workers[1])
    return found


def _against_hello(crowd: int, holds: float, hello: float) -> Measure:
    told = f"holds {rate(holds)}, hello world {rate(hello)}"
    name = f"holds over HTTP / hello world, {crowd} connections"
    return Measure(name, ratio(holds, hello), "ratio", at_least=0.6, absolutes=told)


def _against_one_worker(crowd: int, workers: int, many: Costs, one: Costs) -> list[Measure]:
    """Compare what a hold costs; only reported where the crowd is too small to fill the batches of so many workers."""
    most = 1.1 if crowd == LARGE_CROWD else None
    name = f"{workers} workers / 1, {crowd} connections"
    statements = f"{many.statements:.4f} against {one.statements:.4f}"
    cpu = f"{many.cpu_us:.0f} against {one.cpu_us:.0f} µs, workers and PostgreSQL; {rate(many.per_second)}"
    return [
        Measure(
            f"statements a hold, {name}", ratio(many.statements, one.statements), "ratio", at_most=most,
            absolutes=statements,
        ),
        Measure(f"CPU a hold, {name}", ratio(many.cpu_us, one.cpu_us), "ratio", at_most=most, absolutes=cpu),
    ]  # fmt: skip


def _hello_turn(ground: Ground, crowd: int, seconds: float) -> Callable[[], Awaitable[Costs]]:
    async def turn() -> Costs:
        return Costs(await hello_per_second(ground, seconds, crowd))

    return turn


def _shop_turn(ground: Ground, crowd: int, workers: int, seconds: float) -> Callable[[], Awaitable[Costs]]:
    async def turn() -> Costs:
        """Press fresh workers with claims; every acknowledged hold is counted again in the database."""
        sale = await ground.fresh_sale()
        async with servers.shop(ground, workers) as shop:
            address, sku = f"{shop.url}/api/v1/sales/{sale.id}/holds", sale.items[0].sku
            await load.press(address, "claim", load.WARM_SECONDS, sku, connections=crowd)
            statements, held = await ground.transactions(), await ground.held_in(sale)
            cpu = spent.cpu_seconds(shop.pids, [ground.server.pid])
            pressed = await load.press(address, "claim", seconds, sku, connections=crowd)
            cpu = spent.cpu_seconds(shop.pids, [ground.server.pid]) - cpu
            statements = await ground.transactions() - statements
            held = await ground.held_in(sale) - held
        if pressed.refused or not pressed.requests <= held <= pressed.requests + crowd:
            raise DoorbusterError(
                f"of {pressed.requests} claims {pressed.requests - pressed.refused} were acknowledged, {held} are held"
            )
        return Costs(pressed.per_second, statements / held, cpu * 1e6 / held)

    return turn


def _middle(turns: list[Costs]) -> Costs:
    return Costs(
        median(turn.per_second for turn in turns),
        median(turn.statements for turn in turns),
        median(turn.cpu_us for turn in turns),
    )
