"""A machine whose clock is an hour wrong: the sale opens, and holds end, by the database's clock alone."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ASK = """
import asyncio, json, sys
from datetime import UTC, datetime, timedelta
from doorbuster.database import open_database
from doorbuster.sale.holds import Caller, Claim, claim_batch
from doorbuster.sale.sales import sale_by_handle

async def main():
    async with open_database(sys.argv[1], connections=1, application="clock") as database:
        sale = await sale_by_handle(database, sys.argv[2])
        claim = Claim(sale, sale.items[0].variant_id, 1, Caller("s:" + sys.argv[3], "a-key-of-" + sys.argv[3] + "-000"))
        (answer,) = await claim_batch(database, [claim])
        hold = getattr(answer, "hold", None)
        now = datetime.now(UTC)
        until = hold and hold.expires_at.timestamp()
        print(json.dumps({"answer": answer.name, "clock": now.timestamp(), "until": until}))

asyncio.run(main())
"""
SALE = """
WITH product AS (INSERT INTO products (id, handle, title) VALUES (gen_random_uuid(), 'lamp', 'Lamp') RETURNING id),
variant AS (INSERT INTO variants (id, product_id, sku) SELECT gen_random_uuid(), id, 'LAMP' FROM product RETURNING id),
sale AS (INSERT INTO sales (id, handle, title, opens_at, closes_at, currency, hold_seconds)
         VALUES (gen_random_uuid(), %s, 'Sale', now() + %s::interval, now() + %s::interval + interval '30 minutes',
                 'GBP', 300)
         RETURNING id),
pool AS (INSERT INTO stock_pools (id, variant_id, location_id, sale_id, on_hand)
         SELECT gen_random_uuid(), variant.id, '00000000-0000-7000-8000-000000000001', sale.id, 5 FROM variant, sale
         RETURNING id, variant_id, sale_id)
INSERT INTO sale_items (sale_id, variant_id, pool_id, price, units) SELECT sale_id, variant_id, id, 999, 5 FROM pool
"""


@pytest.fixture
def wrong_clock() -> str:
    found = shutil.which("faketime")
    if found is None:
        pytest.skip("faketime is not installed, so no process can be given a wrong clock")
    return found


def asked(faketime: str, shift: str, url: str, handle: str, who: str) -> dict[str, float | str | None]:
    command = [faketime, "-f", shift, sys.executable, "-c", ASK, url, handle, who]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=Path.cwd())
    answer: dict[str, float | str | None] = json.loads(done.stdout)
    return answer


def now_of(url: str) -> float:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
        assert row is not None
        return float(row[0])


@pytest.mark.parametrize("shift", ["+1h", "-1h"])
def test_a_worker_with_a_wrong_clock_opens_and_holds_by_the_databases(
    wrong_clock: str, database_url: str, shift: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(SALE, ("open", "-5 minutes", "-5 minutes"))
        connection.execute("UPDATE products SET handle = 'x'; UPDATE variants SET sku = 'X'")
        connection.execute(SALE, ("coming", "10 minutes", "10 minutes"))
    told = asked(wrong_clock, shift, database_url, "open", "ada")
    assert abs(float(told["clock"] or 0) - now_of(database_url)) > 3_000, "its clock is really wrong"
    assert told["answer"] == "Held"
    assert 0 < float(told["until"] or 0) - now_of(database_url) <= 300
    assert asked(wrong_clock, shift, database_url, "coming", "ada")["answer"] == "NotOpenYet"
