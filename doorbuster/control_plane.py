"""The control plane's composition root: one process for merchants and operators."""

import os

from doorbuster.clock import SystemClock
from doorbuster.control.app import control_app
from doorbuster.routes import control_plane_routes
from doorbuster.serving import Post, serve
from doorbuster.settings import from_environment


async def run_control(post: Post) -> None:
    """Serve merchants and operators until told to stop."""
    settings = from_environment(os.environ)
    await serve(control_app(settings, settings.database_url or "", control_plane_routes(), SystemClock()), post)
