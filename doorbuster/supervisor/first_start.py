"""The first start of an empty home: an example shop with a sale that opens in a minute and a past, or an empty one.

Promises: asked once; a shop that has a product or an order is left alone; interrupted, it is finished the next time;
the history of incidents is an extra, and no fault of it keeps the shop from opening.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from doorbuster.clock import SystemClock
from doorbuster.database import Database, QueryFile, open_database
from doorbuster.journal import open_event_log
from doorbuster.sale.planning import Done, NewItem, NewSale, create_sale
from doorbuster.settings import Settings
from doorbuster.supervisor.logs import Say

SQL = QueryFile("doorbuster.supervisor", "first_start.sql")
INSTALL_TIMEOUT_MS = 60_000
SALE_OPENS_AFTER = timedelta(minutes=1)
SALE_LASTS = timedelta(hours=2)


def wants_example(settings: Settings, chosen: bool | None) -> bool:
    """Return what to do with an empty shop: as chosen, else as asked on a terminal, else the example."""
    if chosen is not None:
        return chosen
    note = _note(settings.home)
    if note.exists():
        return note.read_text() == "filling"
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    answer = input("This is a new shop. Fill it with an example catalogue and a sale that opens in a minute? [Y/n] ")
    return answer.strip().lower() not in ("n", "no")


async def fill(settings: Settings, example: bool, say: Say) -> str | None:
    """Install the example if it is wanted and the shop is empty; return the demo sale's path on the shop."""
    note = _note(settings.home)
    if not example:
        note.write_text("empty")
        return None
    async with open_database(
        settings.database_url or "", connections=2, application="first-start", statement_timeout_ms=INSTALL_TIMEOUT_MS
    ) as database:
        row = await database.fetch_one(SQL.is_empty_shop)
        was_interrupted = note.exists() and note.read_text() == "filling"
        if not was_interrupted and (row is None or not row["empty"]):
            return None
        note.write_text("filling")
        path = await _install(database, settings.currency, say)
        await asyncio.to_thread(install_history, settings.home, say)
        note.write_text("example")
        return path


async def _install(database: Database, currency: str, say: Say) -> str | None:
    """Install the catalogue and schedule the sale; the import is done here, later starts need none of it."""
    from doorbuster.catalogue.examples import DEMO_SALE_PRODUCT as LAMP
    from doorbuster.catalogue.examples import install

    say("fills the new shop with the example catalogue")
    await install(database, currency)
    opens_at = SystemClock().now() + SALE_OPENS_AFTER
    wish = NewSale(
        handle="grand-opening",
        title=f"Grand opening: {LAMP.title}",
        description="One lamp, one price, and no more of them when these are gone. One for each customer.",
        opens_at=opens_at,
        closes_at=opens_at + SALE_LASTS,
        currency=currency,
        items=[NewItem(sku=LAMP.sku, units=LAMP.units, price=LAMP.sale_price)],
    )
    made = await create_sale(database, wish)
    return f"/sales/{wish.handle}" if isinstance(made, Done) else None


def install_history(home: Path, say: Say) -> None:
    """Put the founding incident into the event log, with its postmortem and what became of its promises.

    Whatever goes wrong is a warning that says what is missing now and how to get it; it never raises.
    """
    try:
        from doorbuster.incident.examples import install

        with open_event_log(home) as log:
            install(log, int(SystemClock().now().timestamp()))
    except Exception as fault:
        # It is a page to read; whatever ails it is no reason to keep a shop closed.
        say(
            f"the example incident is left out ({type(fault).__name__}: {fault}); the shop opens without it. "
            "`doorbuster incident import FILE` brings a postmortem in at any time",
            level="WARNING",
        )


def _note(home: Path) -> Path:
    return home / "first-start"
