"""The outbox: mails as customers get them, and the background work that waits."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from doorbuster.control.access import operator_of
from doorbuster.control.house import house_of
from doorbuster.control.links import id_in, next_page
from doorbuster.database import QueryFile, Row
from doorbuster.jobs import outbox
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
        waiting=await database.fetch_one(outbox.SQL.outbox_waiting),
        smtp=house_of(request).settings.smtp_url is not None,
        more=next_page(request, str(mails[-1]["id"])) if len(mails) == PAGE_MAILS else None,
    )


async def mail_show(request: Request) -> Response:
    """Show one mail: its text, and its HTML in a frame."""
    return show(request, "control/mail.html", operator=operator_of(request), mail=await _mail_or_404(request))


async def mail_body_show(request: Request) -> Response:
    """Show a mail's HTML alone, for the frame; even opened by itself it can do nothing."""
    mail = await _mail_or_404(request)
    headers = {"content-security-policy": SANDBOX, "cache-control": "no-store"}
    return HTMLResponse(mail["html_body"], headers=headers)


async def _mail_or_404(request: Request) -> Row:
    mail = await house_of(request).database.fetch_one(SQL.mail, id=request.path_params["id"])
    if mail is None:
        raise HTTPException(404, "There is no such mail.")
    return mail
