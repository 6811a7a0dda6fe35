"""The control plane's composition root: one process for merchants and operators."""

import asyncio
import os
from collections.abc import Sequence

from doorbuster.clock import SystemClock
from doorbuster.control.app import control_app
from doorbuster.control.house import ControlHouse
from doorbuster.control_routes import control_plane_routes
from doorbuster.incident import paging, status
from doorbuster.incident.incident import Firing, Incident
from doorbuster.incident.keeper import Keeper, Senses
from doorbuster.on_call import pages
from doorbuster.serving import Post, serve
from doorbuster.settings import from_environment


async def run_control(post: Post) -> None:
    """Serve merchants and operators until told to stop."""
    settings = from_environment(os.environ)
    app = control_app(settings, settings.database_url or "", control_plane_routes(), SystemClock(), [keep_incidents])
    await serve(app, post)


async def keep_incidents(house: ControlHouse) -> None:
    """Open, tell and write up incidents until cancelled."""

    def firing() -> Sequence[Firing]:
        return [each for each in house.alerts.firing() if each.severity == "page" and not each.muted]

    async def notify(it: Incident) -> None:
        now = int(house.clock.now().timestamp())
        await asyncio.to_thread(pages.notify, house.event_log, paging.trouble_of(it, house.settings.room_url), now)

    def show() -> None:
        now = int(house.clock.now().timestamp())
        page = status.render(house.event_log, house.pages, house.settings.shop_url, now)
        status.write_file(house.settings.home, page)

    def agree(now: int) -> None:
        paging.agree(house.event_log, now)

    senses = Senses(firing, lambda: house.doctor.diagnosis, house.series, house.collector.visitors, notify, agree, show)
    await Keeper(house.event_log, senses).run(house.clock)
