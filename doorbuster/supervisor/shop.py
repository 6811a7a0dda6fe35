"""What runs: the workers, the control plane, the job worker and the test gateway, as the supervisor's children."""

import asyncio
import os
import socket
from dataclasses import dataclass, field

from doorbuster.settings import Settings
from doorbuster.supervisor.children import Child, ChildFailed, Job
from doorbuster.supervisor.logs import Say, log_of

WORKER_STOP_SECONDS = 12.0
WORKERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Doors:
    """The listening sockets; no gateway's when payments go elsewhere."""

    shop: socket.socket
    control: socket.socket
    gateway: socket.socket | None


@dataclass
class Shop:
    """The children of one `up`, and what may be done to them while they run."""

    settings: Settings
    doors: Doors
    say: Say
    workers: list[Child] = field(default_factory=list)
    others: list[Child] = field(default_factory=list)

    async def start(self) -> None:
        """Start everything together; raise ChildFailed when one cannot start, after stopping the rest."""
        self.others = [self._child("control", "run-control", self.doors.control), self._child("jobs", "run-jobs")]
        if self.doors.gateway is not None:
            self.others.append(self._child("gateway", "run-gateway", self.doors.gateway))
        self.workers = [self._worker(number) for number in range(1, self.settings.workers + 1)]
        children = [*self.workers, *self.others]
        failures = await asyncio.gather(*[child.start() for child in children], return_exceptions=True)
        for failure in failures:
            if isinstance(failure, BaseException):
                await self.stop()
                raise failure
        for child in children:
            child.keep_running()

    async def add_worker(self) -> None:
        """Start one worker more."""
        if len(self.workers) >= WORKERS_MAX:
            self.say(f"there are {WORKERS_MAX} workers, no more are started")
            return
        child = self._worker(len(self.workers) + 1)
        try:
            await child.start()
        except ChildFailed as fault:
            self.say(str(fault))
            return
        self.workers.append(child)
        child.keep_running()
        self.say(f"{child.job.name} is new: {len(self.workers)} workers")

    async def remove_worker(self) -> None:
        """Let the last worker answer what it has and end; the first one stays."""
        if len(self.workers) == 1:
            self.say("the last worker stays")
            return
        child = self.workers.pop()
        await child.stop()
        self.say(f"{child.job.name} is gone: {len(self.workers)} left")

    async def renew_workers(self) -> None:
        """Replace the workers one by one, each only when its successor serves."""
        for child in list(self.workers):
            try:
                await child.renew()
            except ChildFailed as fault:
                self.say(f"{fault}; its present process goes on")
            else:
                self.say(f"{child.job.name} is renewed")

    async def stop(self) -> None:
        """Stop the workers first (they answer what they have), then who works for them."""
        await asyncio.gather(*[child.stop() for child in self.workers])
        for name in ("jobs", "control", "gateway"):
            for child in self.others:
                if child.job.name == name:
                    await child.stop()

    def _worker(self, number: int) -> Child:
        return self._child(f"web-{number}", "run-worker", self.doors.shop, WORKER_STOP_SECONDS)

    def _child(self, name: str, command: str, door: socket.socket | None = None, stop_seconds: float = 10.0) -> Child:
        return Child(
            Job(name, command, self._environment(), door, stop_seconds),
            log_of(self.settings.home, name, self.settings.log_format),
        )

    def _environment(self) -> dict[str, str]:
        """Return what the children are told: the addresses as they really are, and the database."""
        settings = self.settings
        return {
            **os.environ,
            "DOORBUSTER_HOME": str(settings.home),
            "DOORBUSTER_SECRET": settings.secret,
            "DATABASE_URL": settings.database_url or "",
            "WATCH_DATABASE_URL": settings.watch_database_url,
            "PORT": str(settings.port),
            "CONTROL_PORT": str(settings.control_port),
            "GATEWAY_PORT": str(settings.gateway_port),
        }
