"""The shop a drill is run against: the one that runs here, one given by URL, or one started for the drill.

Promises: a shop on another machine is refused without typed consent; a shop started for the drill is stopped, and its
home removed, when the drill ends.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from doorbuster.drill.client import Broken, get
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.settings import Settings, from_environment

READY_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 20.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Target:
    """A shop that answers: where it is and the settings it runs with."""

    settings: Settings
    url: str
    started_for_drill: bool = False

    @property
    def control_url(self) -> str:
        """Return the control plane's address."""
        return self.settings.control_url


class ShopDidNotStart(DoorbusterError):
    """The shop started for the drill never became ready; the message carries its last words."""


def is_local(url: str) -> bool:
    """Say whether a URL points at this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def require_consent(url: str, ask: Callable[[str], str]) -> None:
    """Refuse a shop on another machine unless a person types its host name."""
    if is_local(url):
        return
    host = urlsplit(url).hostname or url
    typed = ask(
        f"{host} is not this machine. A drill sends it a crowd and buys with test payments. Type its name to go on: "
    )
    if typed.strip() != host:
        raise Misconfigured(f"not run: the drill of {host} was not confirmed")


async def is_ready(url: str) -> bool:
    """Say whether a shop answers there and is ready."""
    try:
        return (await get(f"{url}/readyz", 2.0)).status == 200
    except Broken:
        return False


@asynccontextmanager
async def reach(settings: Settings, url: str | None, workers: int, say: Callable[[str], None]) -> AsyncIterator[Target]:
    """Give the shop to rehearse with: by URL, the running one of these settings, or one of its own for the block."""
    address = (url or settings.shop_url).rstrip("/")
    if await is_ready(address):
        say(f"Found the shop at {address}.")
        yield Target(settings, address)
        return
    if url:
        raise Misconfigured(f"no shop is ready at {url}; start one, or leave --url out to have one started")
    say(f"No shop runs at {address}: starting one for this drill, in a folder of its own, {workers} web workers ...")
    with tempfile.TemporaryDirectory(prefix="doorbuster-drill-") as home:
        async with _started(Path(home), workers) as target:
            say(f"The drill's own shop is open at {target.url}.")
            yield target


@asynccontextmanager
async def _started(home: Path, workers: int) -> AsyncIterator[Target]:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PUBLIC_URL")}
    ports = dict(zip(("PORT", "CONTROL_PORT", "GATEWAY_PORT"), map(str, free_ports(3)), strict=True))
    environment |= {"DOORBUSTER_HOME": str(home), "WORKERS": str(workers), "HOST": "127.0.0.1"} | ports
    # The crowd says whence it comes as a proxy would: in X-Forwarded-For.
    environment["TRUSTED_PROXIES"] = "127.0.0.0/8"
    settings = from_environment(environment)
    words = home / "up.log"
    with words.open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220 -- our own program; starting takes a millisecond
            [sys.executable, "-m", "doorbuster", "up"], env=environment, stdout=log, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        await _until_ready(process, settings.shop_url, words)
        yield Target(settings, settings.shop_url, started_for_drill=True)
    finally:
        await asyncio.to_thread(_stop, process)


async def _until_ready(process: "subprocess.Popen[bytes]", url: str, words: Path) -> None:
    """Wait for the word that the shop is open: its workers answer before its example shop is in."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS_MAX
    while not (_is_open(words) and await is_ready(url)):
        if process.poll() is not None or asyncio.get_running_loop().time() > deadline:
            raise ShopDidNotStart(f"the drill's own shop did not start: {_tail(words)}")
        await asyncio.sleep(LOOK_SECONDS)


def _is_open(words: Path) -> bool:
    return " is open (" in words.read_text(errors="replace")


def _tail(words: Path) -> str:
    return words.read_text(errors="replace")[-600:].strip()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def free_ports(count: int) -> list[int]:
    """Return so many ports of this machine that nobody listens at just now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
