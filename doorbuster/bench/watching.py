"""`doorbuster bench control`: the speed of the control room while the shop drowns, and what watching costs.

The stage is that of the overload: PostgreSQL on one core, the worker and the crowd on the other, searches that are
sequential scans. The control room runs beside the worker, and somebody looks at every page of it once a second.
"""

import asyncio
import json
import os
import random
import socket
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from doorbuster.accounts.operators import add_operator, new_operator
from doorbuster.accounts.passwords import hash_now
from doorbuster.bench import looker, measures, servers
from doorbuster.bench.ground import SQL, Ground, prepared_ground
from doorbuster.bench.measures import Findings, Measure, ratio
from doorbuster.bench.overload import stage
from doorbuster.bench.overload.crowd import Crowd
from doorbuster.bench.overload.runs import REQUESTS_PER_VISIT, capacity
from doorbuster.bench.overload.stage import Stage
from doorbuster.bench.rounds import Say
from doorbuster.clock import SystemClock
from doorbuster.drill.cores import cpu_seconds
from doorbuster.errors import DoorbusterError
from doorbuster.journal import Actor, open_event_log

PAGES = ("/", "/diagnosis", "/database", "/alerts", "/incidents", "/guard", "/sales", "/on-call", "/audit", "/queries")
PRODUCTS = 60_000
TIMES = 10
P95_SECONDS_MAX = 0.1
SHARE_MAX = 0.03
SHOPPERS = 4
BUILD_UP_SECONDS, SETTLE_SECONDS = 3.0, 4.0
CALM_SECONDS, TURN_SECONDS = 10.0, 6.0
FILE = Path("out/bench-control.json")

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn: requests a second, and how much of a core the worker took at rest, then shop, control plane, sessions."""

    requests: float
    rest: float
    shop: float
    plane: float
    sessions: float

    @property
    def each(self) -> float:
        """Return the CPU seconds of a request, those of the watch included."""
        return (self.shop + self.plane + self.sessions) / self.requests


@app.command("control")
def bench_control(
    seconds: Annotated[float, typer.Option(min=5, help="How long ten times the load lasts.")] = 20.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often the cost is measured, with the watch and without.")] = 2,
) -> None:
    """Measure the control room's pages at ten times the shop's capacity, and what watching costs."""
    if (os.cpu_count() or 1) < 2:
        raise DoorbusterError("this needs two cores: one for PostgreSQL, one for the shop and the crowd")
    console = Console()
    with console.status("starting PostgreSQL") as status:
        findings = Findings(uvloop.run(_measured(seconds, rounds, status.update)))
    measures.show(console, findings)
    measures.written(findings, FILE)
    raise typer.Exit(0 if findings.hold else 1)


async def _measured(seconds: float, rounds: int, say: Say) -> list[Measure]:
    async with prepared_ground() as ground:
        sale = await stage.fill(ground, PRODUCTS, say)
        _let_in(ground)
        port = _free_port()
        async with stage.opened(ground, sale, PRODUCTS, gate=True, control_port=port) as opened:
            async with servers.control(ground, port) as control:
                peak = await capacity(opened, 3, say)
                say("the control room, calm")
                calm = await _looked_at(control.url, CALM_SECONDS)
                say(f"the control room at {TIMES} times {peak.rate:,.0f} requests a second")
                with _Spent(control.pids) as spent:
                    spike = await _looked_at_in_spike(opened, control.url, seconds, peak.rate)
            told = f"beside it the control room takes {spent.share:.1%} of a core"
            found = [judged(page, spike[page], calm[page]) for page in PAGES]
            found.append(judged("any page", _flat(spike), _flat(calm), told))
            return found + await _cost(ground, opened, port, rounds, say)


def judged(name: str, spike: Sequence[float], calm: Sequence[float], more: str = "") -> Measure:
    """Return the measure of a page: how long nineteen of twenty readings took while the shop had too much to do."""
    told = f"{len(spike)} times; median {statistics.median(spike) * 1000:.0f} ms; calm {p95(calm) * 1000:.0f} ms"
    absolutes = "; ".join(filter(None, (told, more)))
    most = P95_SECONDS_MAX * 1000
    return Measure(f"p95 of {name} at {TIMES}×", p95(spike) * 1000, "ms", at_most=most, absolutes=absolutes)


async def _looked_at_in_spike(opened: Stage, url: str, seconds: float, peak: float) -> Mapping[str, list[float]]:
    crowd = Crowd(opened.shop, random.Random(11))  # noqa: S311
    curve = [(BUILD_UP_SECONDS + seconds, peak / REQUESTS_PER_VISIT * TIMES)]
    async with asyncio.TaskGroup() as group:
        group.create_task(crowd.open_loop(curve))
        await asyncio.sleep(BUILD_UP_SECONDS)
        looked = await _looked_at(url, seconds)
    crowd.leave()
    return looked


async def _looked_at(url: str, seconds: float) -> Mapping[str, list[float]]:
    """Return what somebody with every page open sees: page -> the seconds that each reading took."""
    words = ["-m", "doorbuster.bench.looker", url, str(seconds), *PAGES]
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise DoorbusterError("the control room did not answer whoever looked at it")
    found: dict[str, list[float]] = json.loads(out)
    return found


async def _cost(ground: Ground, opened: Stage, port: int, rounds: int, say: Say) -> list[Measure]:
    """Return what watching costs of the shop's own CPU time: counted by process, and as the difference of turns."""
    watched, alone = [], []
    for number in range(2 * rounds):
        say(f"the cost of watching, turn {number + 1} of {2 * rounds}")
        # With and without, without and with: what grows slowly meets both alike.
        if number % 4 in (0, 3):
            alone.append(await _turn(ground, opened, (), number))
        else:
            async with servers.control(ground, port) as control:
                watched.append(await _turn(ground, opened, control.pids, number))
    dear, cheap = (statistics.median(turn.each for turn in turns) for turns in (watched, alone))
    telling = statistics.median(turn.rest for turn in watched) - statistics.median(turn.rest for turn in alone)
    shares = [(each.plane + each.sessions + max(0.0, telling)) / each.shop for each in watched]
    plane, sessions, shop = (
        statistics.median(each)
        for each in zip(*((turn.plane, turn.sessions, turn.shop) for turn in watched), strict=True)
    )
    told = (
        f"of a core: the control plane {plane:.1%}, its sessions in PostgreSQL {sessions:.1%}, "
        f"the worker that tells it {max(0.0, telling):.1%}; the shop {shop:.0%}"
    )
    turns = f"CPU a request {dear * 1e6:,.0f} µs with the watch, {cheap * 1e6:,.0f} µs without"
    most = SHARE_MAX * 100
    return [
        Measure("watching, of the shop's CPU", statistics.median(shares) * 100, "%", at_most=most, absolutes=told),
        Measure("the same, as a difference", (dear / cheap - 1) * 100, "%", absolutes=turns),
    ]


async def _turn(ground: Ground, opened: Stage, control: Sequence[int], seed: int) -> Turn:
    """Let shoppers do what they can; each turn asks for other things, so that no cache answers for the last one."""
    await asyncio.sleep(SETTLE_SECONDS)
    with _Spent(opened.worker_pids) as rest:
        await asyncio.sleep(SETTLE_SECONDS)
    rows = await ground.database.fetch(SQL.bench_watchers)
    sessions = [row["pid"] for row in rows]
    crowd = Crowd(opened.shop, random.Random(1_000 + seed))  # noqa: S311
    shop = [pid for pid in (*opened.database_pids(), *opened.worker_pids) if pid not in sessions]
    with _Spent(shop) as spent, _Spent(control) as plane, _Spent(sessions) as asked:
        await crowd.closed_loop(SHOPPERS, TURN_SECONDS)
    crowd.leave()
    per_second = max(1, len(crowd.outcomes)) / TURN_SECONDS
    return Turn(per_second, rest.share, spent.share, plane.share, asked.share)


class _Spent:
    """Measures the CPU time of processes during the block: `seconds`, and `share` of a core."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self.seconds, self.share = 0.0, 0.0

    def __enter__(self) -> "_Spent":
        self._began, self._before = SystemClock().monotonic(), cpu_seconds(self._pids)
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = cpu_seconds(self._pids) - self._before
        self.share = ratio(self.seconds, SystemClock().monotonic() - self._began)


def _let_in(ground: Ground) -> None:
    """Let the looker log in, as an operator who may see every page."""
    now = SystemClock().now()
    with open_event_log(ground.home) as log:
        add_operator(
            log, new_operator(looker.NAME, "operator", now), hash_now(looker.PASSWORD), Actor("bench", "system")
        )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _flat(looked: Mapping[str, list[float]]) -> list[float]:
    return [each for seconds in looked.values() for each in seconds]


def p95(values: Sequence[float]) -> float:
    """Return what nineteen of twenty do not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
