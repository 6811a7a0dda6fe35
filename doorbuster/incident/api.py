"""What programs ask and tell: incidents and reports as JSON, and notes that come from a chat.

Reading is for this machine or with the token that reads the metrics. A note needs `Authorization: Bearer <token>` of
its own kind (`doorbuster incident chat-token`), so that a chat can add lines and read nothing.
"""

import asyncio
import hmac
from hashlib import sha256

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from doorbuster.accounts.tokens import metrics_token
from doorbuster.control.health import may_scrape
from doorbuster.control.house import house_of
from doorbuster.guard.gcra import Meter, Rate
from doorbuster.incident import incident, items, reports, timeline
from doorbuster.incident.incident import Incident
from doorbuster.incident.pages import now_of
from doorbuster.incident.timeline import Told
from doorbuster.web.inputs import Body, read_body
from doorbuster.web.problems import Refused, problem_of_fault

NOTES: Meter[str] = Meter(Rate(per_second=1.0, burst=20), keys_max=1)
"""All chats together: a line a second, twenty at once."""


class ChatNote(Body, frozen=True, kw_only=True):
    """A line of a chat; without a number it goes to the newest open incident."""

    text: str
    incident: int = 0
    role: str = "chat"


def chat_token(secret: str) -> str:
    """Return the token with which a chat adds notes; a new secret makes a new one."""
    return hmac.new(secret.encode(), b"doorbuster incident chat", sha256).hexdigest()


async def note_receive(request: Request) -> Response:
    """Add a chat's line to the timeline; the same text for the same second is told once."""
    house = house_of(request)
    shown = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    if not hmac.compare_digest(shown, chat_token(house.settings.secret).encode()):
        return PlainTextResponse("notes need the token that `doorbuster incident chat-token` prints\n", 401)
    verdict = NOTES.ask("chat", house.clock.monotonic())
    if not verdict.passes:
        wait = {"retry-after": str(int(verdict.wait_seconds) + 1)}
        return PlainTextResponse("a line a second, twenty at once; nothing was kept\n", 429, wait)
    NOTES.count("chat", house.clock.monotonic())
    try:
        note = await read_body(request, ChatNote)
    except Refused as refusal:
        return problem_of_fault(refusal)
    text = note.text.strip()
    if not text:
        return PlainTextResponse("a note needs a text\n", 422)
    open_ones = await asyncio.to_thread(incident.open_ones, house.event_log)
    it = next((each for each in open_ones if note.incident in (0, each.id)), None)
    if it is None:
        return PlainTextResponse("no such incident is open; nothing was kept\n", 404)
    role = note.role if note.role in (*incident.ROLES, "chat") else "chat"
    now = now_of(request)
    told = Told(now, "chat", text, role, f"chat/{now}/{sha256(text.encode()).hexdigest()[:16]}")
    await asyncio.to_thread(timeline.add, house.event_log, it.id, told)
    return _json({"incident": it.id, "at": now})


async def incidents_told(request: Request) -> Response:
    """Tell the incidents, the newest first."""
    found = await asyncio.to_thread(incident.newest, house_of(request).event_log)
    return _for_programs(request, {"incidents": [reports.told(it) for it in found]})


async def incident_told(request: Request) -> Response:
    """Tell one incident with its story and its action items."""
    log = house_of(request).event_log
    it: Incident | None = await asyncio.to_thread(incident.of, log, request.path_params["id"])
    if it is None:
        return _json({"title": "There is no such incident.", "status": 404}, 404)
    lines = await asyncio.to_thread(timeline.lines_of, log, it.id)
    promised = await asyncio.to_thread(items.of_incident, log, it.id, now_of(request))
    return _for_programs(request, {"incident": reports.told(it), "said": it.said, "timeline": lines, "items": promised})


async def report_told(request: Request) -> Response:
    """Tell the report."""
    log = house_of(request).event_log
    found = await asyncio.to_thread(incident.newest, log)
    return _for_programs(request, reports.report_of(found, await asyncio.to_thread(items.board, log, now_of(request))))


def _for_programs(request: Request, body: object) -> Response:
    if not may_scrape(request, metrics_token(house_of(request).settings.secret)):
        return PlainTextResponse("incidents are for this machine or with the token\n", 403)
    return _json(body)


def _json(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, {"cache-control": "no-store"}, "application/json")
