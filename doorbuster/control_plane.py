"""The control plane's composition root: one process for merchants and operators."""

import asyncio
import os
from collections.abc import Sequence

from doorbuster.clock import SystemClock
from doorbuster.control.app import control_app
from doorbuster.control.house import ControlHouse
from doorbuster.on_call import pages
from doorbuster.on_call.pages import Trouble
from doorbuster.routes import control_plane_routes
from doorbuster.serving import Post, serve
from doorbuster.settings import from_environment
from doorbuster.watch.alert import Alert

TROUBLE = "customers"


async def run_control(post: Post) -> None:
    """Serve merchants and operators until told to stop."""
    settings = from_environment(os.environ)
    app = control_app(
        settings, settings.database_url or "", control_plane_routes(), SystemClock(), on_alerts=page_for_alerts
    )
    await serve(app, post)


async def page_for_alerts(house: ControlHouse, _: Sequence[Alert]) -> None:
    """Page once while any alert that pages fires, with the diagnosis; end the page when none does any more."""
    firing = [each for each in house.alerts.firing() if each.severity == "page" and not each.muted]
    now = int(house.clock.now().timestamp())
    if not firing:
        await asyncio.to_thread(pages.close, house.event_log, TROUBLE, now)
        return
    said, worst = house.doctor.diagnosis, firing[0]
    named = said if said and said.cause else None
    trouble = Trouble(
        key=TROUBLE,
        cause=named.cause or "" if named else "",
        team=named.team if named else worst.team,
        headline=named.headline if named else worst.summary,
        text=f"{worst.summary} {named.remedy} {' '.join(named.not_because)}" if named else worst.summary,
        url=f"{house.settings.control_url}/diagnosis",
    )
    await asyncio.to_thread(pages.notify, house.event_log, trouble, now)
