"""The other side: one transaction for each hold, with the same rows written, driven by PostgreSQL's own pgbench.

`baselines/one_round_trip.pgbench` is the strongest form of it (one prepared call of a function that takes the hot row
last), `baselines/plain.pgbench` the form that most shops use (BEGIN, UPDATE, INSERTs, COMMIT).
"""

import asyncio
import re
from importlib import resources

from doorbuster.bench.ground import Ground
from doorbuster.errors import DoorbusterError

_RATE = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_COUNT = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_FDATASYNC = re.compile(r"^\s*fdatasync\s.*?([\d.]+)\s+usecs/op", re.MULTILINE)


async def prepare(ground: Ground) -> None:
    """Put the function of the one-round-trip form into the database."""
    await _pgbench(ground, "prepare", ["-M", "simple", "-t", "1"])


async def holds_per_second(ground: Ground, form: str, clients: int, seconds: float) -> float:
    """Return the holds a second that `clients` write one by one; every one is counted again in the database."""
    sale = await ground.fresh_sale()
    item = sale.items[0]
    facts = {"sale": sale.id, "pool": item.pool_id, "variant": item.variant_id}
    defined = [word for name, value in facts.items() for word in ("-D", f"{name}={value}")]
    whole = max(1, round(seconds))
    said = await _pgbench(ground, form, ["-M", "prepared", "-T", str(whole), "-c", str(clients), *defined])
    found, counted = _RATE.search(said), _COUNT.search(said)
    held = await ground.held_in(sale)
    if found is None or counted is None or int(counted[1]) != held:
        raise DoorbusterError(f"pgbench counted what the database does not have ({held} holds): {said}")
    return float(found[1])


async def flush_microseconds(ground: Ground) -> float:
    """Return how long the disk takes to flush 8 KB (fdatasync), as pg_test_fsync measures it; zero if it cannot."""
    program = ground.cluster.programs.folder / "pg_test_fsync"
    process = await asyncio.create_subprocess_exec(
        program, "-s", "1", "-f", ground.home / "flush", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    said = ""
    while not (found := _FDATASYNC.search(said)):
        line = await process.stdout.readline()
        if not line:
            break
        said += line.decode()
    if process.returncode is None:
        process.terminate()
    await process.communicate()
    return float(found[1]) if found else 0.0


async def _pgbench(ground: Ground, script: str, options: list[str]) -> str:
    file = resources.files("doorbuster.bench").joinpath("baselines", f"{script}.pgbench")
    with resources.as_file(file) as path:
        process = await asyncio.create_subprocess_exec(
            ground.cluster.programs.folder / "pgbench", ground.cluster.url, "-n", "-f", path, *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    if process.returncode:
        raise DoorbusterError(f"pgbench: {said.decode(errors='replace').strip()}")
    return said.decode()
