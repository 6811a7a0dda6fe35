"""A child: one process that `up` keeps running.

Promises: a child that dies is started again, at once the first time and ever later when it goes on dying, and it is
said why; a child never outlives its supervisor, however that ends.
Never: decides what runs; `shop.py` does.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field

from doorbuster.database.programs import die_with_parent
from doorbuster.errors import DoorbusterError
from doorbuster.supervisor.logs import Say

READY_SECONDS_MAX = 60.0
PAUSE_SECONDS_MAX = 10.0
CALM_SECONDS = 30.0


class ChildFailed(DoorbusterError):
    """A child ended, or stayed silent, before it was ready."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a child does: its name, the command of `python -m doorbuster`, its socket and environment."""

    name: str
    command: str
    environment: dict[str, str]
    listening: socket.socket | None = None
    stop_seconds: float = 10.0


@dataclass
class Child:
    """One job and the process that does it at present."""

    job: Job
    say: Say
    process: asyncio.subprocess.Process | None = None
    last_line: str = ""
    deaths: int = 0
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _keeper: asyncio.Task[None] | None = None
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        """Start a process and wait until it reports ready; raise ChildFailed with its last words."""
        receiving, sending = os.pipe()
        try:
            process = await self._spawn(sending)
        finally:
            os.close(sending)
        reading = asyncio.create_task(self._read(process))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        ready = False
        try:
            ready = await _reports_ready(receiving)
        finally:
            if not ready:
                await end(process, 0.0)
        if not ready:
            await reading
            raise ChildFailed(f"{self.job.name} did not start: {self.last_line or 'it said nothing'}")
        self.process = process

    def keep_running(self) -> None:
        """Start the process again whenever it dies, until `stop`; it must have been started once."""
        self._keeper = asyncio.create_task(self._keep_running())

    async def renew(self) -> None:
        """Put a new process in the place of the present one, which drains and ends when the new one is ready."""
        async with self._changing:
            old = self.process
            await self.start()
        if old is not None:
            await end(old, self.job.stop_seconds)

    async def stop(self) -> None:
        """Tell the process to stop, and make it when its time is over."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self.process is not None:
            await end(self.process, self.job.stop_seconds)
        for reading in list(self._reading):
            await reading

    async def _keep_running(self) -> None:
        while self.process is not None:
            process, started = self.process, time.monotonic()
            status = await process.wait()
            if self.process is not process:
                continue  # it was renewed
            if time.monotonic() - started > CALM_SECONDS:
                self.deaths = 0
            self.say(described(status))
            async with self._changing:
                while self.process is process:
                    await self._start_again()

    async def _start_again(self) -> None:
        pause_seconds = min(0.1 * 2 ** min(self.deaths, 10) - 0.1, PAUSE_SECONDS_MAX)
        self.deaths += 1
        self.say(f"is started again {f'in {pause_seconds:.1f} s' if pause_seconds else 'now'}")
        await asyncio.sleep(pause_seconds)
        try:
            await self.start()
        except ChildFailed as fault:
            self.say(str(fault))
        else:
            self.say("is back")

    async def _spawn(self, ready_fd: int) -> asyncio.subprocess.Process:
        job = self.job
        words = [sys.executable, "-m", "doorbuster", job.command, "--name", job.name, "--ready-fd", str(ready_fd)]
        inherited = [ready_fd]
        if job.listening is not None:
            words += ["--listen-fd", str(job.listening.fileno())]
            inherited.append(job.listening.fileno())
        return await asyncio.create_subprocess_exec(
            *words,
            env={**os.environ, **job.environment, "PYTHONUNBUFFERED": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=inherited,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
            limit=1024 * 1024,
        )

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with suppress(ValueError):  # a line longer than the limit ends the reading of it, not the process
            async for line in process.stdout:
                self.last_line = line.decode(errors="replace").rstrip()
                self.say(self.last_line)


async def end(process: asyncio.subprocess.Process, patience_seconds: float) -> None:
    """Send SIGTERM, and SIGKILL when the patience is over."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), patience_seconds)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def described(status: int) -> str:
    """Say in words how a process ended."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


async def _reports_ready(receiving: int) -> bool:
    """Wait for the word on the pipe; False when the process ended or took too long."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(receiving, arrived.set)
    try:
        await asyncio.wait_for(arrived.wait(), READY_SECONDS_MAX)
        return os.read(receiving, 16) == b"ready\n"
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(receiving)
        os.close(receiving)
