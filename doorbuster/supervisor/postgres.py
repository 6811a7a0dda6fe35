"""The embedded PostgreSQL as the supervisor's child: started first, stopped last, started again when it dies."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from doorbuster.database import embedded
from doorbuster.errors import DatabaseUnavailable
from doorbuster.settings import Settings
from doorbuster.supervisor.children import described
from doorbuster.supervisor.logs import Say

SPARE_CONNECTIONS = 40
LOOK_SECONDS = 0.2
PAUSE_SECONDS_MAX = 10.0


@asynccontextmanager
async def database_of(settings: Settings, say: Say) -> AsyncIterator[str]:
    """Give the database's URL for the block: DATABASE_URL as it is, or an embedded server that is kept running."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded.supervise(settings.home):
        connections_max = settings.workers * settings.connections_per_worker + SPARE_CONNECTIONS
        server = _Server(embedded.prepare(settings.home, max(100, connections_max)), say)
        await server.start()
        keeper = asyncio.create_task(server.keep_running())
        try:
            yield server.cluster.url
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
            server.stop()


class _Server:
    """The server's process, whichever it is at present."""

    def __init__(self, cluster: embedded.Cluster, say: Say) -> None:
        self.cluster, self._say = cluster, say
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Launch the server and wait until it answers, however long crash recovery takes."""
        self._process = self.cluster.launch()
        while not self.cluster.is_ready(self._process):  # noqa: ASYNC110 - a file that another program writes
            await asyncio.sleep(0.01)

    async def keep_running(self) -> None:
        """Start the server again whenever it ends, ever more slowly while it goes on ending."""
        deaths = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._process is None or (status := self._process.poll()) is None:
                continue
            deaths += 1
            pause_seconds = min(0.2 * 2**deaths, PAUSE_SECONDS_MAX)
            self._say(f"{described(status)} ({self.cluster.last_words()}); starting it again in {pause_seconds:.1f} s")
            await asyncio.sleep(pause_seconds)
            try:
                await self.start()
            except DatabaseUnavailable as fault:
                self._say(str(fault))
            else:
                deaths = 0
                self._say("is back; everything that was committed is there")

    def stop(self) -> None:
        """Shut the server down at once and in order."""
        if self._process is not None:
            embedded.stop(self._process)


def whereabouts(url: str) -> str:
    """Return host, port and database of a URL, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'a local socket'}:{parts.port or 5432}{parts.path}"
