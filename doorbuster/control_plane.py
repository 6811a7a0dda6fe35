"""The control plane's composition root: one process for merchants and operators."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

from doorbuster.clock import SystemClock
from doorbuster.control.app import control_app
from doorbuster.control.house import ControlHouse
from doorbuster.incident import status
from doorbuster.incident.incident import Firing, Incident
from doorbuster.incident.keeper import Keeper, Senses
from doorbuster.routes import control_plane_routes
from doorbuster.serving import Post, serve
from doorbuster.settings import from_environment

logger = logging.getLogger(__name__)


async def run_control(post: Post) -> None:
    """Serve merchants and operators until told to stop."""
    settings = from_environment(os.environ)
    app = control_app(settings, settings.database_url or "", control_plane_routes(), SystemClock(), [keep_incidents])
    await serve(app, post)


@dataclass(frozen=True, slots=True)
class Pain:
    """What customers feel, as an alert: it fires while the diagnosis feels it."""

    rule: str
    subject: str
    since: int
    summary: str


async def keep_incidents(house: ControlHouse) -> None:
    """Open, tell and write up incidents until cancelled."""

    def firing() -> Sequence[Firing]:
        episode = house.doctor.episode
        if episode is None or not episode.pain.felt:
            return ()
        return (Pain("CustomersHurt", "", episode.pain.onset, episode.diagnosis.pain or episode.diagnosis.headline),)

    async def notify(it: Incident) -> None:
        logger.warning("incident %s, severity %s, for the %s on-call: %s", it.id, it.severity, it.team, it.title)

    def show() -> None:
        now = int(house.clock.now().timestamp())
        page = status.render(house.event_log, house.pages, house.settings.shop_url, now)
        status.write_file(house.settings.home, page)

    senses = Senses(firing, lambda: house.doctor.diagnosis, house.series, notify, show)
    await Keeper(house.event_log, senses).run(house.clock)
