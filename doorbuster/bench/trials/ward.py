"""The ward: a large shop of its own with all that `up` starts, a steady crowd inside, and what the doctor says."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from doorbuster.bench.ground import Ground
from doorbuster.bench.overload.crowd import Shop
from doorbuster.bench.trials.crowd import Pace, arrive
from doorbuster.database import open_database
from doorbuster.database.pool import own_connection
from doorbuster.drill.chaos.house import House
from doorbuster.drill.chaos.house import opened as opened_house
from doorbuster.drill.client import Origin
from doorbuster.drill.faults.machine import run_command
from doorbuster.errors import DoorbusterError
from doorbuster.review.ground import Size, grow
from doorbuster.serving import background
from doorbuster.stock.pools import MAIN_LOCATION

PRODUCTS = 150_000
VISITS_PER_SECOND = 50.0
WORKERS = 2
ASK_SECONDS_MAX = 2.0


@dataclass(frozen=True)
class Ward:
    """A shop with a crowd: `pace` may be changed while it runs."""

    house: House
    shop: Shop
    pace: Pace
    chance: Random
    client: aiohttp.ClientSession

    async def told(self) -> dict[str, Any] | None:
        """Return what the control plane says at /api/v1/diagnosis, or None when it says nothing in time."""
        return await self._read("/api/v1/diagnosis")

    async def page(self) -> tuple[int, str] | None:
        """Return when somebody was first paged for what is open (seconds since 1970) and which team, or None."""
        for it in await self._open_incidents():
            whole = await self._read(f"/api/v1/incidents/{it['id']}")
            pages = [line["at"] for line in whole["timeline"] if line["source"] == "page"] if whole else []
            if pages:
                return min(pages), str(it["team"])
        return None

    async def is_silent(self) -> bool:
        """Say whether no alert fires that calls somebody: one that still does would not call again."""
        told = await self._read("/api/v1/alerts")
        return told is not None and not any(each["severity"] == "page" for each in told["alerts"])

    async def close_incidents(self) -> None:
        """Resolve whatever is open, so that the next trouble is one of its own."""
        for it in await self._open_incidents():
            with suppress(DoorbusterError):
                await run_command(self.house, f"incident resolve {it['id']} --note 'the trial is over'")

    async def _open_incidents(self) -> list[dict[str, Any]]:
        told = await self._read("/api/v1/incidents")
        return [each for each in told["incidents"] if each["state"] not in ("resolved", "reviewed")] if told else []

    async def _read(self, path: str) -> dict[str, Any] | None:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self.client.get(path) as response:
                return dict(await response.json())
        return None


@asynccontextmanager
async def opened(home: Path, seed: int, say: Callable[[str], None]) -> AsyncIterator[Ward]:
    """Open the shop in `home`, make it large, and let the crowd in, for the block."""
    os.environ.setdefault("TRUSTED_PROXIES", "127.0.0.0/8")
    async with opened_house(home, WORKERS, say) as house:
        shop = await _filled(house, say)
        chance, pace = Random(seed), Pace(VISITS_PER_SECOND)  # noqa: S311 -- a crowd, not a secret
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS_MAX)
        async with (
            aiohttp.ClientSession(house.settings.control_url, timeout=timeout) as client,
            background(arrive(shop, pace, chance)),
        ):
            yield Ward(house, shop, pace, chance, client)


async def _filled(house: House, say: Callable[[str], None]) -> Shop:
    async with open_database(house.direct_url, connections=2, application="trial") as database:
        ground = Ground(house.cluster, house.postgres, database, house.settings.secret)
        sale = await ground.fresh_sale()
        item = sale.items[0]
        facts = {"sale_id": sale.id, "variant_id": item.variant_id, "pool_id": item.pool_id, "sku": item.sku,
                 "location_id": MAIN_LOCATION}  # fmt: skip
        async with own_connection(house.direct_url, application="trial") as connection:
            await connection.set_type_codec("jsonb", encoder=str, decoder=str, schema="pg_catalog")
            await grow(connection, facts, Size(0, 0), Size(orders=0, products=PRODUCTS), say)
    parts = urlsplit(house.settings.shop_url)
    origin = Origin("http", parts.hostname or "", parts.port)
    return Shop(origin, house.settings.secret, PRODUCTS, str(sale.id), sale.items[0].sku)


async def calm(ward: Ward, seconds_max: float) -> bool:
    """Wait until nothing hurts and no alert is left that has called somebody; return whether that came in time."""
    deadline = asyncio.get_running_loop().time() + seconds_max
    while asyncio.get_running_loop().time() < deadline:
        told = await ward.told()
        if told is not None and told["now"] is None and await ward.is_silent():
            return True
        await asyncio.sleep(0.5)
    return False
