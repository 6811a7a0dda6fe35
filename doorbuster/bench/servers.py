"""The servers under load: workers of the shop exactly as `up` starts them, and hello world on the same server."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from doorbuster.bench.ground import Ground
from doorbuster.database import embedded
from doorbuster.database.programs import die_with_parent
from doorbuster.errors import DoorbusterError
from doorbuster.serving import BACKLOG

READY_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 15.0


@dataclass(frozen=True, slots=True)
class Servers:
    """Processes that share one address."""

    url: str
    pids: tuple[int, ...]


@asynccontextmanager
async def shop(
    ground: Ground, workers: int, control_port: int | None = None, **settings: str
) -> AsyncIterator[Servers]:
    """Run data-plane workers on the ground for the block, and the test gateway, where a purchase is paid.

    With a `control_port` they tell a control plane there what they count, while there is one.
    """
    with _listening() as door, _listening() as till:
        environment = {
            **_environment(ground),
            **({"CONTROL_PORT": str(control_port)} if control_port else {}),
            "PORT": str(door.getsockname()[1]),
            "GATEWAY_PORT": str(till.getsockname()[1]),
            **settings,
        }
        async with (
            _running(_command("run-gateway"), environment, till, 1),
            _running(_command("run-worker"), environment, door, workers) as pids,
        ):
            yield Servers(f"http://127.0.0.1:{environment['PORT']}", pids)


@asynccontextmanager
async def jobs(ground: Ground) -> AsyncIterator[None]:
    """Run the process of the background work on the ground for the block: it calls whose turn it is."""
    words = ["-m", "doorbuster", "run-jobs", "--name", "jobs", "--ready-fd", "{ready}"]
    async with _running(words, _environment(ground), None, 1):
        yield


@asynccontextmanager
async def control(ground: Ground, port: int) -> AsyncIterator[Servers]:
    """Run the control plane on the ground for the block, as `up` does: watching by the role that may only look."""
    with _listening(port) as door:
        environment = {
            **_environment(ground),
            "CONTROL_PORT": str(port),
            "WATCH_DATABASE_URL": embedded.watch_url(ground.cluster.url),
        }
        async with _running(_command("run-control"), environment, door, 1) as pids:
            yield Servers(f"http://127.0.0.1:{port}", pids)


@asynccontextmanager
async def hello(folder: Path) -> AsyncIterator[Servers]:
    """Run one hello-world server that repeats what `hello.keep` left in the folder."""
    with _listening() as door:
        words = ["-m", "doorbuster.bench.hello", str(folder), "{listen}", "{ready}"]
        async with _running(words, dict(os.environ), door, 1) as pids:
            yield Servers(f"http://127.0.0.1:{door.getsockname()[1]}", pids)


def _command(name: str) -> list[str]:
    return f"-m doorbuster {name} --name bench --listen-fd {{listen}} --ready-fd {{ready}}".split()


def _environment(ground: Ground) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": ground.cluster.url, "DOORBUSTER_HOME": str(ground.home),
        "DOORBUSTER_SECRET": ground.secret,
    }  # fmt: skip


def _listening(port: int = 0) -> socket.socket:
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    door.bind(("127.0.0.1", port))
    door.listen(BACKLOG)
    return door


@asynccontextmanager
async def _running(
    words: list[str], environment: dict[str, str], door: socket.socket | None, count: int
) -> AsyncIterator[tuple[int, ...]]:
    processes: list[asyncio.subprocess.Process] = []
    try:
        for _ in range(count):
            processes.append(await _started(words, environment, door))  # noqa: PERF401 - these are stopped, come what may
        yield tuple(process.pid for process in processes)
    finally:
        for process in processes:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _started(
    words: list[str], environment: dict[str, str], door: socket.socket | None
) -> asyncio.subprocess.Process:
    """Start one process and wait for its word that it serves."""
    receiving, sending = os.pipe()
    inherited = (sending,) if door is None else (door.fileno(), sending)
    facts = {"listen": inherited[0], "ready": sending}
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *[word.format(**facts) for word in words], env=environment,
            pass_fds=inherited, preexec_fn=die_with_parent(signal.SIGKILL),
        )  # fmt: skip
    finally:
        os.close(sending)
    with os.fdopen(receiving, "rb") as pipe:
        said = await asyncio.wait_for(asyncio.to_thread(pipe.readline), READY_SECONDS_MAX)
    if said != b"ready\n":
        raise DoorbusterError(f"a server did not start: {' '.join(words)}")
    return process
