"""The first start of an empty home: an example shop with a sale that opens in a minute, or an empty one.

Promises: asked once; a shop that has a product or an order is left alone; interrupted, it is offered again.
"""

import sys
from pathlib import Path

from doorbuster.database import QueryFile, open_database
from doorbuster.settings import Settings
from doorbuster.supervisor.logs import Say

SQL = QueryFile("doorbuster.supervisor", "first_start.sql")
INSTALL_TIMEOUT_MS = 60_000


def wants_example(settings: Settings, chosen: bool | None) -> bool:
    """Return what to do with an empty shop: as chosen, else as asked on a terminal, else the example."""
    if _note(settings.home).exists():
        return chosen is True
    if chosen is not None:
        return chosen
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    answer = input("This is a new shop. Fill it with an example catalogue and a sale that opens in a minute? [Y/n] ")
    return answer.strip().lower() not in ("n", "no")


async def fill(settings: Settings, example: bool, say: Say) -> str | None:
    """Install the example if it is wanted and the shop is empty; return the demo sale's path on the shop."""
    note = _note(settings.home)
    path = await _install(settings, say) if example else None
    note.write_text("example\n" if example else "empty\n")
    return path


async def _install(settings: Settings, say: Say) -> str | None:
    from doorbuster.catalogue import examples

    async with open_database(
        settings.database_url or "", connections=2, application="first-start", statement_timeout_ms=INSTALL_TIMEOUT_MS
    ) as database:
        row = await database.fetch_one(SQL.is_empty_shop)
        if row is None or not row["empty"]:
            return None
        say("fills the new shop with the example catalogue")
        await examples.install(database, settings.currency)
        return None


def _note(home: Path) -> Path:
    return home / "first-start"
