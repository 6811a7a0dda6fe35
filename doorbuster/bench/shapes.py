"""The engine in other shapes: smaller and larger batches, many items instead of one, and PostgreSQL by TCP.

Each is compared with the usual shape (batches of 128, one item, the socket) in the same run.
"""

import itertools
from urllib.parse import quote

from doorbuster.bench.engine import Crowd
from doorbuster.bench.ground import Ground
from doorbuster.bench.measures import Measure, rate, ratio
from doorbuster.bench.rounds import Pace, Say, Turn, in_turns, medians
from doorbuster.database import Database, open_database
from doorbuster.errors import DoorbusterError
from doorbuster.sale.holds import Claims
from doorbuster.sale.sales import Sale

WAITING = 256
BATCHES = (1, 16, 64, 128, 256)
ITEMS = 8
CONNECTIONS = 8
USUAL = "batches of 128"


async def shapes(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Measure every shape against the usual one."""
    async with open_database(_by_tcp(ground), connections=CONNECTIONS, application="bench-tcp") as tcp:
        turns: dict[str, Turn] = {f"batches of {most}": _turn(ground, pace, ground.database, most) for most in BATCHES}
        turns["PostgreSQL by TCP"] = _turn(ground, pace, tcp, 128)
        turns[f"{ITEMS} items"] = _turn(ground, pace, ground.database, 128, ITEMS)
        got = medians(await in_turns(pace, turns, say))
    usual = got[USUAL]
    return [
        Measure(
            f"engine, {name} / {USUAL}", ratio(value, usual), "ratio", absolutes=f"{rate(value)} against {rate(usual)}"
        )
        for name, value in got.items()
        if name != USUAL
    ]


def _turn(ground: Ground, pace: Pace, database: Database, most: int, items: int = 1) -> Turn:
    async def turn() -> float:
        sale = await ground.fresh_sale(items=items)
        crowd = Crowd(Claims(database, batch_max=most), sale, _in_turns(sale))
        measured = await crowd.claim(WAITING, pace.seconds)
        if crowd.held != (found := await ground.held_in(sale)):
            raise DoorbusterError(f"{crowd.held} holds were acknowledged, the database has {found}")
        return measured

    return turn


def _in_turns(sale: Sale) -> "itertools.cycle[str]":
    return itertools.cycle([item.sku for item in sale.items])


def _by_tcp(ground: Ground) -> str:
    cluster = ground.cluster
    return f"postgresql://doorbuster:{quote(cluster.password, safe='')}@127.0.0.1:{cluster.port}/doorbuster"
