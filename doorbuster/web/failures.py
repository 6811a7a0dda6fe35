"""When it goes wrong: one page (or problem document) for every status, with a request id and a way on.

Promises: says what happened, whether the visitor can mend it, and what was not done; never shows a stack trace.
Never: needs the database.
"""

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from doorbuster import errors
from doorbuster.web import problems

TEXTS = {
    400: (
        "That did not make sense",
        "Your browser sent something that this shop cannot read. Nothing was changed.",
    ),
    403: (
        "Not from there",
        "This request did not come from one of our own pages, so nothing was done.",
    ),
    404: (
        "Nothing on this shelf",
        "The page has moved, or it never was. The rest of the shop is still here.",
    ),
    405: (
        "Not like that",
        "This address exists, but it cannot be used that way. Nothing was changed.",
    ),
    409: (
        "That clashes",
        "Something changed in the meantime, so nothing was done. Look again, then decide.",
    ),
    413: (
        "Too much at once",
        "That was larger than anything this shop needs to receive. Nothing was changed.",
    ),
    415: (
        "Not in that wrapping",
        "This address does not read that kind of content. Nothing was changed.",
    ),
    422: (
        "Something needs mending",
        "A value that was sent cannot be right. Nothing was changed.",
    ),
    429: (
        "A little slower, please",
        "You are asking faster than a person can click. Wait a moment, then go on.",
    ),
    500: (
        "We broke something",
        "It is our mistake, not yours, and it has been written down. Try again in a moment.",
    ),
    503: (
        "Very busy",
        "More people are here than we can serve this second. Nothing was done; please try again.",
    ),
}
RETRY_SECONDS = 2

CROSS_ORIGIN = problems.declare(
    "cross-origin", 403, "This did not come from one of our pages",
    "A browser sent this request from another site. Programs send neither Origin nor Sec-Fetch-Site.",
)  # fmt: skip
PROBLEMS = {
    403: CROSS_ORIGIN,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.BODY_TOO_LARGE,
    415: problems.UNSUPPORTED_MEDIA_TYPE,
    422: problems.INVALID_BODY,
    500: problems.FAULT,
    503: problems.BUSY,
}


async def failure(
    request: Request,
    status: int,
    detail: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with the page or problem document of `status`; `detail` replaces the usual sentence."""
    title, text = TEXTS.get(status, TEXTS[500 if status >= 500 else 400])
    request_id = getattr(request.state, "request_id", "")
    headers = {"cache-control": "no-store", **(headers or {})}
    if status in (429, 503):
        headers.setdefault("retry-after", str(RETRY_SECONDS))
    if wants_json(request):
        kind = PROBLEMS.get(status, problems.FAULT if status >= 500 else problems.INVALID_PARAMETER)
        document = kind.document(detail or text, request_id=request_id)
        return Response(document, kind.status, headers, problems.MEDIA_TYPE)
    page = request.state.house.pages.render(
        "web/failure.html",
        code=status,
        title=title,
        detail=detail or text,
        request_id=request_id,
    )
    return HTMLResponse(page, status, headers)


def wants_json(request: Request) -> bool:
    """Say whether the caller is a program: the API's paths, or one that accepts JSON and not HTML."""
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)


async def _http_exception(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    # Starlette's own details ("Not Found") say less than our sentences; a room's detail says more.
    detail = "" if fault.detail in _STANDARD_PHRASES else fault.detail
    return await failure(request, fault.status_code, detail, dict(fault.headers or {}))


async def _busy(request: Request, _: Exception) -> Response:
    return await failure(request, 503)


async def _gone(request: Request, _: Exception) -> Response:
    return await failure(request, 400)


async def _unstorable(request: Request, _: Exception) -> Response:
    return await failure(request, 400)


async def _broken(request: Request, _: Exception) -> Response:
    return await failure(request, 500)


_STANDARD_PHRASES = frozenset(HTTPException(status).detail for status in TEXTS)

HANDLERS = {
    HTTPException: _http_exception,
    ClientDisconnect: _gone,
    errors.Overloaded: _busy,
    errors.DatabaseUnavailable: _busy,
    errors.DatabaseTimeout: _busy,
    errors.DatabaseContention: _busy,
    errors.Unstorable: _unstorable,
    Exception: _broken,
}
