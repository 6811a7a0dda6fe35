"""The shop a drill is run against: the one that runs here, one given by URL, or one opened for the drill (ground.py).

Promises: a shop on another machine, or one that takes real payments, is refused without typed consent or at all.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from doorbuster.drill.client import Broken, get
from doorbuster.errors import DoorbusterError, Misconfigured
from doorbuster.settings import Settings

if TYPE_CHECKING:
    from doorbuster.drill.chaos.house import House


@dataclass(frozen=True, slots=True)
class Target:
    """A shop that answers: where it is and the settings it runs with."""

    settings: Settings
    url: str
    house: "House | None" = None
    """The house around it, if it was opened for the drill; only such a shop may be broken."""

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


def require_test_payments(settings: Settings) -> None:
    """Refuse a shop whose payments are real: only the test gateway and test keys are played with."""
    if settings.payment_url and not is_local(settings.payment_url) and "_test_" not in settings.payment_key:
        raise Misconfigured(
            f"not run: payments of this shop go to {settings.payment_url} with a key that is no test key, and a drill "
            "never pays with real money"
        )


async def is_ready(url: str) -> bool:
    """Say whether a shop answers there and is ready."""
    try:
        return (await get(f"{url}/readyz", 2.0)).status == 200
    except Broken:
        return False


async def running(settings: Settings, url: str | None) -> "Target | None":
    """Return the shop to rehearse with, by URL or the running one of these settings, or None when none runs."""
    address = (url or settings.shop_url).rstrip("/")
    if await is_ready(address):
        return Target(settings, address)
    if url:
        raise Misconfigured(f"no shop is ready at {url}; start one, or leave --url out to have one started")
    return None


def free_ports(count: int) -> list[int]:
    """Return so many ports of this machine that nobody listens at just now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
