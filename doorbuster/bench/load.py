"""Load from outside, by the compiled client `wrk` (Debian's package): closed loop, the same for both sides."""

import asyncio
import shutil
from importlib import resources

import msgspec

from doorbuster.clock import new_id
from doorbuster.errors import DoorbusterError

CONNECTIONS = 64
WARM_SECONDS = 1
MISSING = "wrk is not installed (Debian: apt-get install wrk)"


class Load(msgspec.Struct, frozen=True):
    """What wrk counted: `refused` are answers above 399, `broken` are exchanges that failed."""

    requests: int
    refused: int
    broken: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return self.requests / self.seconds if self.seconds else 0.0


def is_there() -> bool:
    """Say whether wrk is installed."""
    return shutil.which("wrk") is not None


async def press(url: str, script: str, seconds: float, *facts: str, connections: int = CONNECTIONS) -> Load:
    """Press a server with `wrk/<script>.lua` for whole seconds; raise DoorbusterError when exchanges broke."""
    folder = resources.files("doorbuster.bench").joinpath("wrk")
    whole = max(1, round(seconds))
    with resources.as_file(folder) as scripts:
        process = await asyncio.create_subprocess_exec(
            "wrk", "-t1", f"-c{connections}", f"-d{whole}s", "-s", scripts / f"{script}.lua", url,
            "--", new_id().hex, *facts, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
    line = said.decode(errors="replace").strip().rpartition("\n")[2]
    try:
        load = msgspec.json.decode(line, type=Load)
    except msgspec.DecodeError as fault:
        raise DoorbusterError(f"wrk: {said.decode(errors='replace')}") from fault
    if load.broken:
        raise DoorbusterError(f"{load.broken} of {load.requests} exchanges with {url} broke")
    return load
