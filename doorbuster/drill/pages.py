"""The control room's page of drills: how each went last time, its history by commit, and its report.

A drill's runs are read from the home's history, which `doorbuster drill` writes; no database is asked.
"""

import asyncio
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.drill import runs
from doorbuster.drill.measures import told
from doorbuster.drill.runs import Run
from doorbuster.web.pages import show

HISTORY_SHOWN = 12
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
"""A report is one file of our own making with its style inside; it runs nothing and loads nothing."""


async def drills_index(request: Request) -> Response:
    """Show each drill that was played with this home: the last result first, then those before."""
    found = await asyncio.to_thread(runs.history, house_of(request).settings.home)
    by_name: dict[str, list[Run]] = {}
    for run in found:
        by_name.setdefault(run.name, []).append(run)
    failing = [each[0] for each in by_name.values() if not each[0].holds and not each[0].skipped]
    return show(
        request, "drill/drills.html", operator=operator_of(request), told=told, failing=failing,
        drills=[(name, each[0], each[1 : HISTORY_SHOWN + 1]) for name, each in sorted(by_name.items())],
    )  # fmt: skip


async def report_show(request: Request) -> Response:
    """Show the report of a run, by the drill's name and the moment it ended; 404 when it is gone."""
    home, name, at = house_of(request).settings.home, request.path_params["name"], request.path_params["at"]
    found = await asyncio.to_thread(runs.history, home, name)
    run = next((run for run in found if run.stamp == at), None)
    text = await asyncio.to_thread(_read, Path(run.report)) if run and run.report else None
    if text is None:
        raise HTTPException(404, "That report is gone. Reports are files; this one was moved or deleted.")
    return HTMLResponse(text, headers={"content-security-policy": REPORT_POLICY, "cache-control": "no-store"})


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except OSError:
        return None
