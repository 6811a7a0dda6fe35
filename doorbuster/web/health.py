"""`/healthz`: this process is alive. `/readyz`: it can do its work, the database answers."""

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from doorbuster.database import QueryFile
from doorbuster.errors import DatabaseFault
from doorbuster.web.pages import house_of

SQL = QueryFile("doorbuster.web", "health.sql")
ANSWER_SECONDS_MAX = 2.0
UNCACHED = {"cache-control": "no-store"}


async def healthz(request: Request) -> Response:  # noqa: ARG001 - a handler's signature
    """Answer 200 as long as the event loop turns."""
    return PlainTextResponse("alive\n", headers=UNCACHED)


async def readyz(request: Request) -> Response:
    """Answer 200 when the database answers within two seconds, else 503."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            await house_of(request).database.fetch_one(SQL.ping)
    except (DatabaseFault, TimeoutError):
        return PlainTextResponse("the database does not answer\n", 503, {**UNCACHED, "retry-after": "1"})
    return PlainTextResponse("ready\n", headers=UNCACHED)
