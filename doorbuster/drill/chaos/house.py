"""The shop that chaos breaks: its own PostgreSQL, the wire to it, and `doorbuster up`, in a folder of their own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from doorbuster.database import embedded
from doorbuster.database.embedded import Cluster
from doorbuster.database.programs import die_with_parent
from doorbuster.drill.chaos.wire import Wire
from doorbuster.drill.cores import family_of, pin
from doorbuster.drill.target import ShopDidNotStart, free_ports, is_ready
from doorbuster.errors import DatabaseUnavailable
from doorbuster.settings import Settings, from_environment

CONNECTIONS_MAX = 60
DATABASE_CORE, SHOP_CORE = 0, 1
READY_SECONDS_MAX = 90.0
LOOK_SECONDS = 0.05
OWNER_MAY_CONNECT = (
    "local all postgres trust\nlocal replication postgres trust\nhost replication all 127.0.0.1/32 scram-sha-256\n"
)
ROLES = {"worker": b"run-worker", "jobs": b"run-jobs", "control": b"run-control", "gateway": b"run-gateway"}
"""The shop's processes by what they do, and the word in their command."""


@dataclass
class House:
    """Everything that can be broken, and how to find it."""

    home: Path
    cluster: Cluster
    wire: Wire
    settings: Settings
    environment: dict[str, str]
    postgres: "subprocess.Popen[bytes]"
    up: "subprocess.Popen[bytes] | None" = None
    restarts: int = field(default=0)
    web_core: int | None = None
    """The core that everything but PostgreSQL runs on, where the cores are divided."""

    own_disk: bool = False
    """Whether the home is on a small disk of its own."""

    kept_down: bool = False
    """Whether PostgreSQL is to stay down when it ends."""

    @property
    def direct_url(self) -> str:
        """Return PostgreSQL's own URL, past the wire."""
        return self.cluster.url

    def pids(self, role: str) -> list[int]:
        """Return the living processes of a role, the oldest first."""
        return sorted(_processes_of(self.home, ROLES[role]))

    def backends(self) -> list[int]:
        """Return the processes of PostgreSQL that serve a connection."""
        return [pid for pid in _children_of(self.postgres.pid) if b"idle" in _title(pid) or b"127.0.0.1" in _title(pid)]

    def all_postgres(self) -> list[int]:
        """Return PostgreSQL's processes, the postmaster first."""
        return [self.postgres.pid, *_children_of(self.postgres.pid)]

    async def start_up(self) -> None:
        """Open the shop and wait until it serves."""
        log = self.home / "up.log"
        with log.open("ab") as words:
            self.up = subprocess.Popen(  # noqa: ASYNC220 -- our own program; starting takes a millisecond
                [sys.executable, "-m", "doorbuster", "up"], env=self.environment, stdout=words,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- it calls one system function
            )  # fmt: skip
        deadline = asyncio.get_running_loop().time() + READY_SECONDS_MAX
        while not (b" is open (" in log.read_bytes() and await is_ready(self.settings.shop_url)):
            if self.up.poll() is not None or asyncio.get_running_loop().time() > deadline:
                raise ShopDidNotStart(f"the shop did not start: {log.read_text(errors='replace')[-600:].strip()}")
            await asyncio.sleep(LOOK_SECONDS)

    async def keep_postgres(self) -> None:
        """Start PostgreSQL again whenever it ends, at once, as its operator would."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.kept_down or self.postgres.poll() is None:
                continue
            with suppress(DatabaseUnavailable):
                self.postgres = self.cluster.launch()
                if self.web_core is not None:
                    pin([self.postgres.pid], DATABASE_CORE)
                await _until_answers(self.cluster, self.postgres)
                self.restarts += 1

    @asynccontextmanager
    async def postgres_kept_down(self) -> AsyncIterator[None]:
        """Shut PostgreSQL down in order and keep it down for the block."""
        self.kept_down = True
        await asyncio.to_thread(embedded.stop, self.postgres)
        try:
            yield
        finally:
            self.kept_down = False

    def owner_url(self) -> str:
        """Let PostgreSQL's owner in over the socket, which lies in a folder that nobody else can enter; return how."""
        path = self.cluster.data / "pg_hba.conf"
        text = path.read_text()
        if not text.startswith(OWNER_MAY_CONNECT):
            path.write_text(OWNER_MAY_CONNECT + text)
            self.postgres.send_signal(signal.SIGHUP)
            time.sleep(0.2)
        folder, port = quote(str(self.cluster.folder), safe=""), self.cluster.port
        return f"postgresql://postgres@/doorbuster?host={folder}&port={port}"

    def stop(self) -> None:
        """Stop the shop, whatever state it is in."""
        if self.up is None:
            return
        with suppress(ProcessLookupError):
            self.up.send_signal(signal.SIGTERM)
        try:
            self.up.wait(15)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.up.pid, signal.SIGKILL)
        for role in ROLES:
            for pid in self.pids(role):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Wants:
    """How a house is to be set up beside the usual."""

    environment: Mapping[str, str] = field(default_factory=dict)
    wired: bool = True
    """Whether the shop reaches PostgreSQL through the wire; without it everything is a little faster."""

    divided: bool = False
    """Whether PostgreSQL gets a core of its own and everything else another one."""

    own_disk: bool = False


@asynccontextmanager
async def opened(
    home: Path, workers: int, say: Callable[[str], None], wants: Wants | None = None
) -> AsyncIterator[House]:
    """Open a shop in `home` for the block."""
    wants = wants or Wants()
    say("Opening a shop of its own: PostgreSQL, a wire to it, and everything else ...")
    with embedded.supervise(home), divided(wants.divided) as cores:
        cluster = await asyncio.to_thread(embedded.prepare, home, CONNECTIONS_MAX)
        process = cluster.launch()
        await _until_answers(cluster, process)
        wire = Wire(cluster.port)
        await wire.open()
        environment = _environment(home, workers, cluster, wire.port if wants.wired else cluster.port)
        environment |= wants.environment
        house = House(
            home, cluster, wire, from_environment(environment), environment, process, web_core=cores,
            own_disk=wants.own_disk,
        )  # fmt: skip
        if cores is not None:
            pin(family_of(process.pid), DATABASE_CORE)
        try:
            async with asyncio.TaskGroup() as group:
                keeper = group.create_task(house.keep_postgres())
                try:
                    await house.start_up()
                    yield house
                finally:
                    await asyncio.to_thread(house.stop)
                    keeper.cancel()
        finally:
            await wire.close()
            await asyncio.to_thread(embedded.stop, house.postgres)


@contextmanager
def divided(wanted: bool) -> Iterator[int | None]:
    """Move this process, and with it its children to come, off PostgreSQL's core; give the core it is on."""
    if not wanted or (os.cpu_count() or 1) < 2:
        yield None
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SHOP_CORE})
    try:
        yield SHOP_CORE
    finally:
        os.sched_setaffinity(0, before)


def _environment(home: Path, workers: int, cluster: Cluster, port: int) -> dict[str, str]:
    password = quote(cluster.password, safe="")
    ports = dict(zip(("PORT", "CONTROL_PORT", "GATEWAY_PORT"), map(str, free_ports(3)), strict=True))
    ours = ("DATABASE_URL", "PUBLIC_URL", "PAYMENT_URL", "PAYMENT_KEY", "SMTP_URL", "WEBHOOK_URL", "VALKEY_URL")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    url = f"postgresql://doorbuster:{password}@127.0.0.1:{port}/doorbuster"
    return kept | ports | {
        "DOORBUSTER_HOME": str(home),
        "WORKERS": str(workers),
        "HOST": "127.0.0.1",
        "DATABASE_URL": url,
        "WATCH_DATABASE_URL": embedded.watch_url(url),
    }  # fmt: skip


async def _until_answers(cluster: Cluster, process: "subprocess.Popen[bytes]") -> None:
    while not cluster.is_ready(process):  # noqa: ASYNC110 -- a file that another program writes
        await asyncio.sleep(LOOK_SECONDS)


def _processes_of(home: Path, word: bytes) -> list[int]:
    wanted, found = f"DOORBUSTER_HOME={home}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if word in command and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def _children_of(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(parent):
                found.append(int(folder.name))
    return found


def _title(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
