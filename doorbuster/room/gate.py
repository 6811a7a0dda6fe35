"""The gate before a sale with a waiting room, in raw ASGI before the hot door.

    GET  /sales/{handle}/room/status.json   what everybody who waits reads
    GET  /api/v1/sales/{id}/room            the same for programs
    POST /sales/{handle}/holds              without a pass: 303 to the room
    POST /api/v1/sales/{id}/holds           without a pass: 429 and when to come back

Promises: a pass is verified here, by its signature alone; whoever has one goes on untouched; a sale without a room
costs one look into a dictionary. When all is sold the door behind says so.
Never: hides the sale's page; looking is free.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.room.memory import RoomMemory, Shown
from doorbuster.room.signing import PASS_HEADER, Signer, pass_cookie
from doorbuster.sale.door import API_PREFIX, ID_END, PAGE_PREFIX
from doorbuster.sale.window import Sent, sent
from doorbuster.settings import Settings
from doorbuster.web import problems
from doorbuster.web.measured import ANSWERED_AS, REFUSED
from doorbuster.web.problems import declare
from doorbuster.web.sessions import shopper_of_cookie

RETRY_AFTER_SECONDS = 10

WAITING_ROOM = declare(
    "waiting-room", 429, "This sale has a waiting room",
    "Nothing was done. Take a ticket with a POST to `tickets`, and when it is your turn a pass with a POST to `pass`; "
    "then claim again. `room` is the page that does this for people.",
)  # fmt: skip
STATUS_ROUTE = "/api/v1/sales/{id:uuid}/room"
ASKED = metrics.counter("doorbuster_room_gate_total", "Claims for sales with a waiting room.", ("verdict",))


class RoomGate:
    """Stands before `inner` and lets nobody claim in a sale with a room who has no pass."""

    def __init__(self, inner: ASGIApp, rooms: RoomMemory, signer: Signer, settings: Settings, *, clock: Clock) -> None:
        """Answer by what `rooms` knows; pass the rest to `inner`."""
        self._inner, self._rooms, self._signer, self._clock = inner, rooms, signer, clock
        self._secret, self._secure = settings.secret, settings.secure_cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a status or refuse a claim here; pass everything else on."""
        answer = self._answer(scope) if scope["type"] == "http" else None
        if answer is None:
            await self._inner(scope, receive, send)
            return
        await send(answer[0])
        await send(answer[1])

    def _answer(self, scope: Scope) -> Sent | None:
        path: str = scope["path"]
        if path.startswith(API_PREFIX):
            shown, noun = self._rooms.by_id(path[len(API_PREFIX) : ID_END]), path[ID_END:]
        elif path.startswith(PAGE_PREFIX):
            handle, slash, rest = path[len(PAGE_PREFIX) :].partition("/")
            shown, noun = self._rooms.by_handle(handle), slash + rest
        else:
            return None
        if shown is None:
            return None
        is_api = path.startswith(API_PREFIX)
        if scope["method"] in ("GET", "HEAD"):
            if noun != ("/room" if is_api else "/room/status.json"):
                return None
            scope[ANSWERED_AS] = STATUS_ROUTE
            return shown.status
        if scope["method"] != "POST" or noun != "/holds" or self._lets_in(scope, shown):
            return None
        ASKED.add("sent_to_room")
        scope[ANSWERED_AS] = REFUSED
        return self._refusal(shown) if is_api else self._to_the_room(shown)

    def _lets_in(self, scope: Scope, shown: Shown) -> bool:
        if shown.room.phase == "sold_out":
            return True
        headers = dict(scope["headers"])
        cookies = headers.get(b"cookie", b"").decode("latin-1")
        shopper = shopper_of_cookie(cookies, self._secret, self._secure)
        sale_id = shown.room.sale_id
        text = headers.get(PASS_HEADER, b"").decode("latin-1") or self._signer.kept(pass_cookie(sale_id), cookies)
        now = self._clock.now().timestamp()
        if not text or shopper is None or not self._signer.is_pass(sale_id, shopper.key, text, now):
            return False
        ASKED.add("passed")
        return True

    def _to_the_room(self, shown: Shown) -> Sent:
        location = f"/sales/{shown.room.handle}/room".encode()
        return sent(303, [(b"location", location), (b"cache-control", b"no-store"), *self._rooms.data_headers], b"")

    def _refusal(self, shown: Shown) -> Sent:
        sale = f"{API_PREFIX}{shown.room.sale_id}"
        body = WAITING_ROOM.document(
            "You need a pass from the waiting room to claim a unit of this sale.",
            room=f"/sales/{shown.room.handle}/room",
            tickets=f"{sale}/room/tickets",
            **{"pass": f"{sale}/room/pass"},
            retry_after_seconds=RETRY_AFTER_SECONDS,
        )
        headers = [
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
            (b"cache-control", b"no-store"),
            *self._rooms.data_headers,
        ]
        return sent(429, headers, body)
