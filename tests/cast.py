"""Who appears in the tests: a whole shop in its own processes, and customers who knock on its door.

shop = RunningShop.open(tmp_path, workers=2)    # `doorbuster up` as a person would type it
shop.get("/healthz")
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE_SECONDS = 60.0
CHECKOUT = Path(__file__).resolve().parent.parent


def doorbuster(home: Path, *words: str, **settings: str) -> subprocess.Popen[str]:
    """Type a command: own home folder, any free ports, both outputs together."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"DOORBUSTER_HOME": str(home), "PORT": "0", "CONTROL_PORT": "0", "GATEWAY_PORT": "0"}
    environment |= {"PYTHONPATH": str(CHECKOUT), "COLUMNS": "200", "WORKERS": "1", **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "doorbuster", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(home: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Type a command, wait for its end, and return its exit status and what it said."""
    process = doorbuster(home, *words, **settings)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, said


def eventually(fact: Callable[[], object], what: str) -> None:
    """Wait until something is so; fail saying what never was."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_SECONDS:.0f} s"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@dataclass
class RunningShop:
    """`doorbuster up` and everything it has started."""

    home: Path
    supervisor: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, home: Path, filling: str = "--empty", **settings: str) -> "RunningShop":
        """Open a shop, empty unless `filling` says otherwise, and wait until it says that it is open."""
        shop = cls(home, doorbuster(home, "up", *filling.split(), **settings))
        threading.Thread(target=shop._listen, daemon=True).start()
        try:
            eventually(lambda: shop.has_said("is open") or shop.supervisor.poll() is not None, "the shop is open")
            assert shop.supervisor.poll() is None, shop.words
        except BaseException:
            shop.supervisor.kill()
            raise
        return shop

    @property
    def words(self) -> str:
        """Everything it has said."""
        return "".join(self.said)

    @property
    def url(self) -> str:
        """The address of the shop."""
        return str(json.loads((self.home / "lock").read_text())["shop"])

    @property
    def control_url(self) -> str:
        """The address of the control room."""
        return str(json.loads((self.home / "lock").read_text())["control"])

    def has_said(self, text: str) -> bool:
        """Say whether a text has been on its terminal."""
        return text in self.words

    def tell(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        self.supervisor.send_signal(number)

    def processes(self) -> dict[int, str]:
        """Return the supervisor's living children, PostgreSQL's processes included, by number with their command."""
        found: dict[int, str] = {}
        parents = {self.supervisor.pid}
        for _ in range(3):
            found |= {pid: command for pid, parent, command in _processes() if parent in parents and command}
            parents |= set(found)
        return found

    def pid_of(self, name: str) -> int:
        """Return the process number of the child of that name."""
        return next(pid for pid, command in self.processes().items() if f"--name {name} " in command + " ")

    def get(self, path: str) -> int:
        """Fetch a page on a connection of its own and return its status."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def close(self) -> int:
        """Stop it as `kill` does; return its exit status."""
        with suppress(ProcessLookupError):
            self.tell(signal.SIGTERM)
        return self.supervisor.wait(PATIENCE_SECONDS)

    def _listen(self) -> None:
        assert self.supervisor.stdout is not None
        for line in self.supervisor.stdout:
            self.said.append(line)


@dataclass
class Regular:
    """A customer who asks for a page again and again over one kept connection, and counts what was lost."""

    netloc: str
    path: str = "/healthz"
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    _leaves: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Regular":
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaves.set()
        assert self._thread is not None
        self._thread.join(PATIENCE_SECONDS)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self.netloc, timeout=PATIENCE_SECONDS)
        while not self._leaves.is_set():
            try:
                connection.request("GET", self.path)
                response = connection.getresponse()
                response.read()
                assert response.status == 200, str(response.status)
                self.answers += 1
            except (OSError, http.client.HTTPException, AssertionError) as fault:
                self.lost.append(repr(fault))
                connection.close()
            time.sleep(0.001)
        connection.close()


def _processes() -> list[tuple[int, int, str]]:
    """Return number, parent and command of every process that has not ended."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text().replace("\0", " ").strip()
            if after_name[0] != "Z":
                found.append((int(folder.name), int(after_name[1]), command))
    return found
