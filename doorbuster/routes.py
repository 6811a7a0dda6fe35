"""Every URL of both planes on one screen.

Each room contributes lines here and keeps the handlers in its `pages.py` or `api.py`. The two functions import the
rooms of their own plane only, so that a process starts no slower than what it serves.
"""

from starlette.routing import BaseRoute


def data_plane_routes() -> list[BaseRoute]:
    """Return what shoppers reach on PORT, in order of precedence."""
    return []


def control_plane_routes() -> list[BaseRoute]:
    """Return what merchants and operators reach on CONTROL_PORT, in order of precedence."""
    return []
