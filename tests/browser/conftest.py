"""A real browser before a real worker: pages as a person meets them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from doorbuster.clock import SystemClock, new_id
from doorbuster.data_plane import worker_app
from doorbuster.database import Database
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from doorbuster.sale.sales import Sale
from doorbuster.settings import Settings

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE = {"width": 390, "height": 844}

OpenPage = Callable[..., Awaitable[Page]]
Violations = Callable[[Page], Awaitable[list[str]]]


@dataclass(frozen=True)
class Shop:
    """A worker that listens, and its database."""

    url: str
    database: Database

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


@pytest.fixture
async def shop(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop with a lamp and a jacket, served by one worker on a free port."""
    await _stock_the_shelves(database)
    port = _free_port()
    settings = Settings(home=tmp_path, database_url=database_url, port=port, secret="s" * 40)
    async with _listening(uvicorn.Config(worker_app(settings, "web-1"), port=port, log_level="error")):
        yield Shop(settings.shop_url, database)


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


@asynccontextmanager
async def _listening(config: uvicorn.Config) -> AsyncIterator[None]:
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:
            assert not task.done(), "the worker did not start"
            await asyncio.sleep(0.02)
    yield
    server.should_exit = True
    with suppress(TimeoutError):
        await asyncio.wait_for(task, timeout=10)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def _stock_the_shelves(database: Database) -> None:
    statements = (Path(__file__).parent / "shelves.sql").read_text().split(";\n")
    async with database._connection() as connection:
        for statement in filter(str.strip, statements):
            await connection.execute(statement)
