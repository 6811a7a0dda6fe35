"""`python -m tests.races`: run every race thousands of times in a database made for it, and count.

Every few hundred rounds the auditor reads all books. A race that ends as it must not is stopped, and says how to run it
again. Writes out/races.json.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import asyncpg

from doorbuster import audit
from doorbuster.database import embedded, open_database
from doorbuster.database.migrate import migrate
from doorbuster.sale.expiry import sweep
from tests.planted.bug import ROOT
from tests.races.races import RACES, Race
from tests.races.ring import CONNECTIONS, Ring
from tests.rooms.shop.conftest import Scene

OUT = ROOT / "out" / "races.json"
AUDIT_ROUNDS = 500


def main() -> int:
    """Run them; return 1 when a race ended as it must not."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2_000, help="rounds of each race (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="what chance begins with (default 1)")
    parser.add_argument("--only", default="", metavar="WORD", help="races with this word in their name")
    asked = parser.parse_args()
    races = [race for race in RACES if asked.only in race.__name__]
    with tempfile.TemporaryDirectory(prefix="races-") as folder, embedded.running(Path(folder)) as url:
        return asyncio.run(_run(url, races, asked.rounds, asked.seed))


async def _run(url: str, races: Sequence[Race], rounds: int, seed: int) -> int:
    await migrate(url)
    found, failed = [], False
    async with open_database(url, connections=CONNECTIONS, application="races") as database:
        watcher = await asyncpg.connect(url)
        ring = Ring(Scene(database, url), watcher)
        for race in races:
            started = time.monotonic()
            done, fault = await _run_one(ring, race, rounds, seed)
            seconds = time.monotonic() - started
            found.append({"race": race.__name__, "rounds": done, "violation": fault, "seconds": round(seconds, 1)})
            failed = failed or bool(fault)
            print(
                f"{race.__name__.replace('_', ' '):45} {done:6} rounds {seconds:6.0f} s  {fault or 'as it must'}",
                flush=True,
            )
        await watcher.close()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"seed": seed, "races": found}, indent=1) + "\n")
    total = sum(each["rounds"] for each in found)
    print(f"{total} rounds, {sum(bool(each['violation']) for each in found)} violations; {OUT.relative_to(ROOT)}")
    return 1 if failed else 0


async def _run_one(ring: Ring, race: Race, rounds: int, seed: int) -> tuple[int, str]:
    """Run rounds of one race; return how many, and what was wrong with the last one, if anything."""
    for number in range(rounds):
        ring.gated = number % 2 == 0
        try:
            await race(ring, Random(f"{seed}:{number}"))
            if (number + 1) % AUDIT_ROUNDS == 0 or number + 1 == rounds:
                while await sweep(ring.database):  # nobody else does, and rounds of long ago have run out
                    pass
                report = await audit.run(ring.scene.url)
                assert report.clean, "; ".join(report.lines())
        except Exception as fault:  # whatever it is, it is what the race found
            again = f"python -m tests.races --only {race.__name__} --seed {seed}"
            return number + 1, f"{type(fault).__name__} in round {number}: {fault} (again: {again})"
    return rounds, ""


if __name__ == "__main__":
    sys.exit(main())
