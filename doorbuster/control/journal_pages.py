"""The journal: who did what, when and why."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from doorbuster import journal
from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.control.links import id_in, next_page
from doorbuster.web.pages import show

PAGE_LINES = 50


async def journal_index(request: Request) -> Response:
    """Show the lines, newest first, of one subject or actor if asked."""
    house, asked = house_of(request), request.query_params
    found = await asyncio.to_thread(
        journal.lines,
        house.event_log,
        subject=asked.get("subject"),
        actor=asked.get("actor"),
        before=id_in(asked.get("before", "")),
        limit=PAGE_LINES,
    )
    return show(
        request,
        "control/journal.html",
        operator=operator_of(request),
        lines=found,
        subject=asked.get("subject", ""),
        actor=asked.get("actor", ""),
        more=next_page(request, str(found[-1].id)) if len(found) == PAGE_LINES else None,
    )
