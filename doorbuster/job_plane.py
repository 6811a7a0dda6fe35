"""The job plane's composition root: one process for what nobody waits for. It knows every room that has such work."""

import asyncio
import os
import signal

from doorbuster.database import Database, open_database
from doorbuster.database.lease import do_alone
from doorbuster.sale.expiry import BITE_HOLDS, sweep
from doorbuster.serving import Post, background
from doorbuster.settings import from_environment
from doorbuster.watch.pusher import push_metrics
from doorbuster.watch.snapshots import internal_token

CONNECTIONS = 6
SWEEP_PAUSE_SECONDS = 0.5


async def run_jobs(post: Post) -> None:
    """Do the background work until told to stop."""
    settings = from_environment(os.environ)
    holder = f"{post.name}:{os.getpid()}"
    pusher = push_metrics(post.name, settings.control_url, internal_token(settings.secret))
    async with (
        open_database(settings.database_url or "", connections=CONNECTIONS, application=post.name) as database,
        background(pusher, _sweep_alone(database, holder)),
    ):
        post.report_ready()
        await _told_to_stop()


async def _sweep_alone(database: Database, holder: str) -> None:
    async def bite() -> float:
        expired = await sweep(database)
        return 0.0 if expired >= BITE_HOLDS else SWEEP_PAUSE_SECONDS

    await do_alone(database, "sweep", holder, bite)


async def _told_to_stop() -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
