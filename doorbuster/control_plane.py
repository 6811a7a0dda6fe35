"""The control plane's composition root: one process for merchants and operators."""

import asyncio
import os
from collections.abc import Sequence

from doorbuster.clock import SystemClock
from doorbuster.control.app import control_app
from doorbuster.control.house import ControlHouse
from doorbuster.control_routes import control_plane_routes
from doorbuster.incident import incident, paging, status
from doorbuster.incident.building import Builder
from doorbuster.incident.incident import Firing, Incident
from doorbuster.incident.keeper import Keeper, Senses
from doorbuster.incident.proving import Chances, Prover
from doorbuster.incident.reminding import Post as Mail
from doorbuster.incident.reminding import Reminder
from doorbuster.on_call import pages
from doorbuster.serving import Post, serve
from doorbuster.settings import from_environment

BUSY_CPU_SHARE = 0.5


async def run_control(post: Post) -> None:
    """Serve merchants and operators until told to stop."""
    settings = from_environment(os.environ)
    beats = (keep_incidents, build_indexes, prove_items, remind)
    app = control_app(settings, settings.database_url or "", control_plane_routes(), SystemClock(), beats)
    await serve(app, post)


async def keep_incidents(house: ControlHouse) -> None:
    """Open, tell and write up incidents until cancelled."""

    def firing() -> Sequence[Firing]:
        return [each for each in house.alerts.firing() if each.severity == "page" and not each.muted]

    async def notify(it: Incident, worse: bool) -> None:
        now, trouble = int(house.clock.now().timestamp()), paging.trouble_of(it, house.settings.room_url)
        await asyncio.to_thread(pages.notify, house.event_log, trouble, now, again=worse)

    def show() -> None:
        now = int(house.clock.now().timestamp())
        page = status.render(house.event_log, house.pages, house.settings.shop_url, now)
        status.write_file(house.settings.home, page)

    def agree(now: int) -> None:
        paging.agree(house.event_log, now)

    doctor = house.doctor
    senses = Senses(
        firing, lambda: doctor.diagnosis, lambda: doctor.lately(int(house.clock.now().timestamp())), house.series,
        house.collector.visitors, notify, agree, show,
    )  # fmt: skip
    await Keeper(house.event_log, senses).run(house.clock)


async def build_indexes(house: ControlHouse) -> None:
    """Build the indexes that somebody asked for, one at a time, until cancelled."""
    await Builder(house.event_log, house.database, house.settings.database_url or "", house.clock).run()


async def prove_items(house: ControlHouse) -> None:
    """Run the proofs of action items again, while the shop is quiet, until cancelled."""

    def quiet() -> bool:
        values = house.senses.tick.values if house.senses.tick else {}
        busy = values.get("host.cpu_share", 1.0) > BUSY_CPU_SHARE or values.get("sale.expected", 0.0) > 0
        return not busy and not incident.open_ones(house.event_log)

    every = house.settings.proofs_every_days * 86_400.0
    await Prover(house.event_log, house.settings.home, Chances(every, quiet)).run(house.clock)


async def remind(house: ControlHouse) -> None:
    """Remind whoever promised something, and send the digest, until cancelled."""
    settings = house.settings
    mail = Mail(
        house.sender.send, settings.digest_to, settings.digest_every_days, settings.room_url, settings.shop_name
    )
    await Reminder(house.event_log, mail).run(house.clock)
