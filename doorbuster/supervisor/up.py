"""The whole life of `doorbuster up`: check, open, tell, obey signals, and stop in the opposite order."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

from doorbuster.accounts.links import first_run_link
from doorbuster.clock import SystemClock
from doorbuster.database.embedded import watch_url as watch_url_of
from doorbuster.database.migrate import migrate
from doorbuster.errors import DatabaseUnavailable
from doorbuster.journal import open_event_log
from doorbuster.settings import Settings, from_environment
from doorbuster.supervisor.first_start import fill, wants_example
from doorbuster.supervisor.home import claim_home
from doorbuster.supervisor.listening import listen
from doorbuster.supervisor.logs import log_of
from doorbuster.supervisor.panel import Opened, show_panel
from doorbuster.supervisor.postgres import database_of, whereabouts
from doorbuster.supervisor.shop import Doors, Shop


def up(chosen: bool | None) -> None:
    """Open the shop and keep it open until SIGINT or SIGTERM; raise a DoorbusterError when it cannot be opened."""
    settings = from_environment(os.environ)
    with claim_home(settings.home) as claimed, _doors(settings) as doors:
        settings = _with_real_ports(settings, doors)
        claimed.announce(settings.shop_url, settings.control_url)
        example = wants_example(settings, chosen)
        asyncio.run(_until_told(_live(settings, doors, example)))


async def _until_told(life: Coroutine[Any, Any, None]) -> None:
    """Live until SIGINT or SIGTERM; told twice, end at once: the kernel then ends what we started."""
    task = asyncio.create_task(life)

    def stop() -> None:
        if task.cancelling():
            os._exit(1)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _live(settings: Settings, doors: Doors, example: bool) -> None:
    started = time.monotonic()
    say = log_of(settings.home, "doorbuster", settings.log_format)
    async with _database(settings) as url:
        own = settings.database_url is None
        watch_url = settings.watch_database_url or (watch_url_of(url) if own else "")
        settings = replace(settings, database_url=url, watch_database_url=watch_url)
        async with _starting_shop(Shop(settings, doors, say)) as (shop, started_all):
            sale_path = await fill(settings, example, say)
            await started_all
            show_panel(Opened(settings, own, time.monotonic() - started, sale_path, _first_operator_url(settings)))
            await _obey(shop)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[str]:
    """Give the URL of a database that answers and is up to date."""
    async with database_of(settings, log_of(settings.home, "postgres", settings.log_format)) as url:
        try:
            await migrate(url)
        except DatabaseUnavailable as fault:
            if settings.database_url is None:
                raise
            raise DatabaseUnavailable(
                f"DATABASE_URL names {whereabouts(url)}, and {_reason(fault)}: start that server or correct the URL, "
                "or unset it to use the embedded one"
            ) from fault
        yield url


@asynccontextmanager
async def _starting_shop(shop: Shop) -> AsyncIterator[tuple[Shop, asyncio.Task[None]]]:
    """Begin to start the processes, so that the block may do something meanwhile, and stop them after it."""
    starting = asyncio.create_task(shop.start())
    try:
        yield shop, starting
    finally:
        starting.cancel()
        await asyncio.wait([starting])
        shop.say("closing")
        await shop.stop()


async def _obey(shop: Shop) -> None:
    """Do what the signals say, one after the other: HUP renews the workers, TTIN adds one, TTOU takes one away."""
    orders: asyncio.Queue[signal.Signals] = asyncio.Queue(maxsize=100)
    verbs = {
        signal.SIGHUP: shop.renew_workers,
        signal.SIGTTIN: shop.add_worker,
        signal.SIGTTOU: shop.remove_worker,
    }

    def note(number: signal.Signals) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            orders.put_nowait(number)

    for number in verbs:
        asyncio.get_running_loop().add_signal_handler(number, note, number)
    while True:
        await verbs[await orders.get()]()


@contextmanager
def _doors(settings: Settings) -> Iterator[Doors]:
    """Open all listening sockets for the block, so that a taken port is told before anything starts."""
    with contextlib.ExitStack() as stack:
        shop = stack.enter_context(listen(settings.host, settings.port, "PORT"))
        control = stack.enter_context(listen(settings.host, settings.control_port, "CONTROL_PORT"))
        gateway = None
        if not settings.payment_url:
            gateway = stack.enter_context(listen(settings.host, settings.gateway_port, "GATEWAY_PORT"))
        yield Doors(shop, control, gateway)


def _with_real_ports(settings: Settings, doors: Doors) -> Settings:
    """Return the settings with the ports that the sockets really have; 0 was a wish for any."""
    gateway_port = doors.gateway.getsockname()[1] if doors.gateway else settings.gateway_port
    return replace(
        settings,
        port=doors.shop.getsockname()[1],
        control_port=doors.control.getsockname()[1],
        gateway_port=gateway_port,
    )


def _first_operator_url(settings: Settings) -> str | None:
    with open_event_log(settings.home) as log:
        return first_run_link(log, settings.room_url, SystemClock().now())


def _reason(fault: BaseException) -> str:
    """Return the fault's sentence without our own beginning."""
    return str(fault).removeprefix("PostgreSQL cannot be reached: ") or "it does not answer"
