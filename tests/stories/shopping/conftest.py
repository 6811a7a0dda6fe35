"""One whole shop for all stories of shopping: the real processes, a mail server, lamps on the shelf."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import psycopg
import pytest

from doorbuster.clock import new_id
from doorbuster.database import open_database
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from doorbuster.settings import from_environment
from doorbuster.stock.pools import adjust_stock
from tests.cast import RunningShop
from tests.mailbox import Mailbox, mailbox_open
from tests.stories.shopping.visitor import Visitor


@dataclass
class Shop:
    """The running shop, its mails and its books."""

    running: RunningShop
    mailbox: Mailbox
    database_url: str

    @property
    def url(self) -> str:
        return self.running.url

    def sql(self, statement: str, *values: Any) -> list[Any]:
        with closing(psycopg.connect(self.database_url, autocommit=True)) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, *values: Any) -> Any:
        return self.sql(statement, *values)[0][0]

    async def eventually(self, fact: Callable[[], object]) -> None:
        async with asyncio.timeout(40):
            while not fact():  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def mails_to(self, email: str) -> list[Any]:
        return [mail for mail in self.mailbox.mails if mail["to"] == email]

    async def provider_is(self, behaviour: str, payment_page: str) -> None:
        """Have the payment provider, whose page that is, misbehave, or behave when it is empty."""
        key = from_environment({"DOORBUSTER_HOME": str(self.running.home)}).gateway_key
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as client,
            client.post(urljoin(payment_page, "/test/behaviour"), data={"behaviour": behaviour}) as reply,
        ):
            assert reply.status == 200

    def visitor(self, name: str) -> Visitor:
        return Visitor(self.url, f"{name}@example.com")

    async def sale(self, handle: str, units: int, limit: int = 1) -> str:
        """Open a sale of lamps, and return its address."""
        now = datetime.now(UTC)
        item = NewItem(sku="LAMP", price=999, units=units)
        async with open_database(self.database_url, connections=2, application="test") as database:
            done = await create_sale(
                database,
                NewSale(
                    handle=handle,
                    title=f"Sale {handle}",
                    opens_at=now - timedelta(seconds=5),
                    closes_at=now + timedelta(hours=1),
                    currency="GBP",
                    items=[item],
                    limit_per_customer=limit,
                ),
            )
        assert isinstance(done, Done), done
        self.sql("UPDATE stock_pools SET reopens_at = '-infinity' WHERE sale_id = %s", done.sale.id)
        return f"/sales/{handle}"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home: Path = tmp_path_factory.mktemp("shop")
    with mailbox_open() as (mailbox, smtp_url):
        running = RunningShop.open(home, SMTP_URL=smtp_url, TRUSTED_PROXIES="127.0.0.1")
        try:
            opened = Shop(running, mailbox, _database_url(home))
            asyncio.run(_fill(opened))
            yield opened
        finally:
            running.close()


def _database_url(home: Path) -> str:
    known = json.loads((home / "postgres.json").read_text())
    return f"postgresql://doorbuster:{known['password']}@127.0.0.1:{known['port']}/doorbuster"


async def _fill(shop: Shop) -> None:
    product, variant = new_id(), new_id()
    shop.sql("INSERT INTO products (id, handle, title) VALUES (%s, 'lamp', 'Desk lamp')", product)
    shop.sql("INSERT INTO variants (id, product_id, sku) VALUES (%s, %s, 'LAMP')", variant, product)
    shop.sql("INSERT INTO prices (variant_id, currency, amount) VALUES (%s, 'GBP', 1999)", variant)
    async with open_database(shop.database_url, connections=2, application="test") as database:
        await adjust_stock(database, variant, 500, "received")
