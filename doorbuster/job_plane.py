"""The job plane's composition root: one process for what nobody waits for. It knows every room that has such work."""

import asyncio
import os
import signal
from typing import Any

from doorbuster.accounts.tokens import internal_token
from doorbuster.clock import SystemClock
from doorbuster.database import Database, open_database
from doorbuster.database.lease import do_alone
from doorbuster.errors import GatewayFault, Throttled
from doorbuster.jobs.mail import Mailer
from doorbuster.jobs.worker import Handler, relay, work
from doorbuster.journal import EventLog, Line, append, open_event_log
from doorbuster.room.release import tend_rooms
from doorbuster.room.signing import Signer
from doorbuster.room.work import RoomJobs
from doorbuster.sale.expiry import BITE_HOLDS, sweep
from doorbuster.sale.waiting_jobs import WaitingJobs
from doorbuster.serving import Post, background
from doorbuster.settings import Settings, from_environment
from doorbuster.shop.discrepancies import Tell
from doorbuster.shop.hosted_checkout import open_hosted_checkout
from doorbuster.shop.order_jobs import OrderJobs
from doorbuster.shop.payments import Gateway
from doorbuster.shop.reconciling import reconcile
from doorbuster.shop.settling import ask_about_quiet_payments, cancel_expired_orders
from doorbuster.shop.webhooks import TYPES, Webhooks, receivers_of
from doorbuster.watch.pusher import push_metrics
from doorbuster.web.pages import Pages

CONNECTIONS = 6
SWEEP_PAUSE_SECONDS = 0.5
PAYMENTS_PAUSE_SECONDS = 5.0
RECONCILER_PAUSE_SECONDS = 15.0


async def run_jobs(post: Post) -> None:
    """Do the background work until told to stop."""
    settings = from_environment(os.environ)
    holder = f"{post.name}:{os.getpid()}"
    pusher = push_metrics(post.name, settings.control_url, internal_token(settings.secret))
    async with (
        open_database(settings.database_url or "", connections=CONNECTIONS, application=post.name) as database,
        open_hosted_checkout(settings) as gateway,
    ):
        with open_event_log(settings.home) as log:
            tell = _teller(log)
            handlers = _handlers(settings, database, gateway, tell)
            receivers = tuple(receivers_of(settings, SystemClock()))
            async with background(
                pusher,
                _sweep_alone(database, holder),
                do_alone(database, "rooms", holder, lambda: tend_rooms(database, SystemClock())),
                do_alone(database, "relay", holder, lambda: relay(database, tuple(TYPES), receivers)),
                do_alone(database, "payments", holder, lambda: _look_after_payments(database, gateway)),
                do_alone(database, "reconciler", holder, lambda: _reconcile(database, gateway, tell)),
                work(settings.database_url or "", handlers, application=f"{post.name}-queue"),
            ):
                post.report_ready()
                await _told_to_stop()


def _teller(log: EventLog) -> Tell:
    async def tell(verb: str, subject: str, detail: dict[str, Any]) -> None:
        line = Line(at=SystemClock().now(), actor="jobs", role="system", verb=verb, subject=subject, detail=detail)
        await asyncio.to_thread(append, log, line)

    return tell


def _handlers(settings: Settings, database: Database, gateway: Gateway, tell: Tell) -> dict[str, Handler]:
    mailer, pages = Mailer(database, settings.smtp_url, settings.mail_from), Pages(settings)
    return {
        **OrderJobs(database, gateway, mailer, pages, settings, tell).handlers(),
        **WaitingJobs(database, mailer, pages, settings).handlers(),
        **RoomJobs(database, mailer, pages, settings, Signer(settings.secret, settings.secure_cookies)).handlers(),
        **Webhooks(database, SystemClock(), settings).handlers(),
    }


async def _look_after_payments(database: Database, gateway: Gateway) -> float:
    """Find out payments whose callback got lost, and end orders that nobody paid."""
    await ask_about_quiet_payments(database, gateway)
    await cancel_expired_orders(database, gateway)
    return PAYMENTS_PAUSE_SECONDS


async def _reconcile(database: Database, gateway: Gateway, tell: Tell) -> float:
    """Compare the books with the gateway; catch up at once when there is more to compare."""
    try:
        done = await reconcile(database, gateway, tell, SystemClock().now())
    except (GatewayFault, Throttled):
        return RECONCILER_PAUSE_SECONDS
    return RECONCILER_PAUSE_SECONDS if done.complete else 0.0


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
