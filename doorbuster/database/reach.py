"""What a command of the command line opens: the database of these settings, up to date.

Promises: works beside a running shop, and without one (PostgreSQL is started for the command and stopped again).
Never: is used by the processes of `up`; their supervisor tells them the URL.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from doorbuster.database import embedded
from doorbuster.database.migrate import migrate
from doorbuster.database.pool import Database, open_database
from doorbuster.settings import Settings


@asynccontextmanager
async def reach_database(
    settings: Settings, *, application: str, connections: int = 2, statement_timeout_ms: int = 60_000
) -> AsyncIterator[Database]:
    """Open DATABASE_URL, or the home folder's own server, migrated; raise DatabaseUnavailable or Misconfigured."""
    with reach_url(settings) as url:
        await migrate(url)
        async with open_database(
            url, connections=connections, application=application, statement_timeout_ms=statement_timeout_ms
        ) as database:
            yield database


@contextmanager
def reach_url(settings: Settings) -> Iterator[str]:
    """Give the database's URL for the block, starting the home's own server if it does not run."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded.running(settings.home) as url:
        yield url
