"""The outbox: mails as customers get them, the background work that waits, and what of it is parked."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from doorbuster.control.access import may, operator_of
from doorbuster.control.house import house_of
from doorbuster.control.links import id_in, next_page
from doorbuster.control.recording import record, record_refusal
from doorbuster.database import Database, QueryFile, Row
from doorbuster.jobs import outbox
from doorbuster.jobs.parked import discard_parked, parked_jobs, retry_parked
from doorbuster.web.pages import show

SQL = QueryFile("doorbuster.control", "outbox.sql")

PAGE_MAILS = 50

# A mail's HTML is shown as a foreign thing: no scripts, no requests, no forms, no way to the page around it.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


async def outbox_index(request: Request) -> Response:
    """Show mails and waiting work."""
    database = house_of(request).database
    mails = await database.fetch(
        SQL.newest_mails, before=id_in(request.query_params.get("before", "")), most=PAGE_MAILS
    )
    return show(
        request,
        "control/outbox.html",
        operator=operator_of(request),
        mails=mails,
        jobs=await database.fetch(SQL.jobs_by_state),
        parked=await parked_jobs(database),
        may_operate=may(request, "operate"),
        waiting=await database.fetch_one(outbox.SQL.outbox_waiting),
        smtp=house_of(request).settings.smtp_url is not None,
        more=next_page(request, str(mails[-1]["id"])) if len(mails) == PAGE_MAILS else None,
    )


async def job_retry(request: Request) -> Response:
    """Make a parked job due again; pressed twice it is done once."""
    return await _decide(request, "job.retry", retry_parked)


async def job_discard(request: Request) -> Response:
    """Give a parked job up."""
    return await _decide(request, "job.discard", discard_parked)


async def mail_show(request: Request) -> Response:
    """Show one mail: its text, and its HTML in a frame."""
    return show(request, "control/mail.html", operator=operator_of(request), mail=await _mail_or_404(request))


async def mail_body_show(request: Request) -> Response:
    """Show a mail's HTML alone, for the frame; even opened by itself it can do nothing."""
    mail = await _mail_or_404(request)
    headers = {"content-security-policy": SANDBOX, "cache-control": "no-store"}
    return HTMLResponse(mail["html_body"], headers=headers)


async def _decide(request: Request, verb: str, act: Callable[[Database, int], Awaitable[bool]]) -> Response:
    job_id: int = request.path_params["id"]
    line = await record(request, verb, f"job:{job_id}")
    if not await act(house_of(request).database, job_id):
        await record_refusal(request, line, "it is not parked any more")
    return RedirectResponse("/outbox", 303)


async def _mail_or_404(request: Request) -> Row:
    mail = await house_of(request).database.fetch_one(SQL.mail, id=request.path_params["id"])
    if mail is None:
        raise HTTPException(404, "There is no such mail.")
    return mail
