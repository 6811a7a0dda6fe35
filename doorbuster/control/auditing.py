"""The page of the audit: what the last one found, how far the one at work is, and a button for the next."""

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from doorbuster.audit.checks import CHECKS
from doorbuster.audit.last import last_audit
from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.recording import record
from doorbuster.control.words import span
from doorbuster.web.pages import show


async def audit_show(request: Request) -> Response:
    """Show the audit; it needs no PostgreSQL, only the next one does."""
    house = house_of(request)
    last = await asyncio.to_thread(last_audit, house.settings.home)
    now = house.clock.now()
    return show(
        request,
        "control/audit.html",
        operator=operator_of(request),
        may_operate=may(request, "operate"),
        last=last,
        drifted=sum(not each.clean for each in last.report.results) if last and last.report else "Some",
        ago=span((now - last.at).total_seconds()) if last else "",
        rounds=house.rounds,
        checks=len(CHECKS),
        overdue=house.rounds.next_at <= now,
    )


async def audit_begin(request: Request) -> Response:
    """Let the auditor begin as soon as all is calm; pressed twice it is one round."""
    if not house_of(request).rounds.asked:
        await record(request, "audit.ask", "audit")
    house_of(request).rounds.ask()
    return RedirectResponse("/audit", 303)
