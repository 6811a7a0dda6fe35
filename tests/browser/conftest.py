"""A real browser before a real worker: pages as a person meets them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import psycopg
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from doorbuster.clock import SystemClock, new_id
from doorbuster.database import Database, open_database
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from doorbuster.sale.sales import Sale

HERE = Path(__file__).parent
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE = {"width": 390, "height": 844}

OpenPage = Callable[..., Awaitable[Page]]
Violations = Callable[[Page], Awaitable[list[str]]]


@dataclass(frozen=True)
class Shop:
    """A running shop, and its database."""

    database: Database
    environment: dict[str, str]

    @property
    def url(self) -> str:
        """Where shoppers come in."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def control_url(self) -> str:
        """Where operators come in."""
        return f"http://127.0.0.1:{self.environment['CONTROL_PORT']}"

    def runs(self, *words: str) -> str:
        """Run `doorbuster words…` beside the shop and return what it printed."""
        command = [sys.executable, "-m", "doorbuster", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    async def plans_sale(self, *, opens_in_seconds: float, units: int = 3, limit: int = 1, **facts: Any) -> Sale:
        """Plan a sale of lamps that opens so many seconds from now (a past one is open already)."""
        now = SystemClock().now()
        opens_at = now + timedelta(seconds=opens_in_seconds)
        wish = NewSale(
            handle=f"lamps-{new_id().hex[-12:]}", title="Lamps at noon", currency="GBP", opens_at=opens_at,
            closes_at=now + timedelta(hours=1), items=[NewItem(sku="LAMP", units=units, price=1999)],
            description="A lamp that anybody may read under.", limit_per_customer=limit, **facts,
        )  # fmt: skip
        planned = await create_sale(self.database, wish)
        assert isinstance(planned, Done), planned
        return planned.sale


@pytest.fixture(scope="session")
def running(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a shop with a lamp and a jacket, opened by `doorbuster up`."""
    database_url = urlunsplit(urlsplit(server_url)._replace(path="/browser"))
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute("CREATE DATABASE browser TEMPLATE template_of_tests")
    with closing(psycopg.connect(database_url, autocommit=True)) as connection:
        connection.execute((HERE / "shelves.sql").read_text())
    ports = {name: str(_free_port()) for name in ("PORT", "CONTROL_PORT", "GATEWAY_PORT")}
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, **ports, "DATABASE_URL": database_url, "DOORBUSTER_HOME": str(home)}
    environment["TRUSTED_PROXIES"] = "127.0.0.1"  # so that a test may say whence a browser comes
    with (home / "up.log").open("w") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "doorbuster", "up", "--empty"], env=environment, stdout=log, stderr=log
        )
    try:
        _wait_until_open(f"http://127.0.0.1:{ports['PORT']}/readyz", up, home / "up.log")
        yield environment
    finally:
        up.terminate()
        up.wait(timeout=30)


@pytest.fixture
async def shop(running: dict[str, str]) -> AsyncIterator[Shop]:
    """The running shop, for one test."""
    async with open_database(running["DATABASE_URL"], connections=2, application="test") as database:
        yield Shop(database, running)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        await opened.close()


@pytest.fixture
async def open_page(browser: Browser, shop: Shop) -> AsyncIterator[OpenPage]:
    """Open a page in a browser of its own: on a phone, unless told otherwise, with the options of `new_context`."""
    contexts: list[BrowserContext] = []

    async def open_one(**options: Any) -> Page:
        contexts.append(await browser.new_context(**{"viewport": PHONE, "base_url": shop.url, **options}))
        return await contexts[-1].new_page()

    yield open_one
    for context in contexts:
        await context.close()


@pytest.fixture
async def complaints() -> list[str]:
    """What the test's page complained about: errors of scripts, a violated content policy, what was not found."""
    return []


@pytest.fixture
async def page(open_page: OpenPage, complaints: list[str]) -> AsyncIterator[Page]:
    """A phone's page; the test fails when it complains about anything that the test does not forgive."""
    opened = await open_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield opened
    assert complaints == []


@pytest.fixture
def violations() -> Violations:
    """What axe-core finds on a page against WCAG 2.2 AA and good practice; its context must bypass the policy."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")

    async def find(page: Page) -> list[str]:
        await page.add_script_tag(path=AXE)
        found = await page.evaluate("axe.run(document).then(result => result.violations)")
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return find


def _wait_until_open(url: str, up: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        assert up.poll() is None, log.read_text()
        with suppress(OSError), urlopen(url, timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
