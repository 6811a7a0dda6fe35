"""The hot URLs of a sale, answered in raw ASGI before routing, sessions and templates.

    GET  /sales/{handle}               the page: the same bytes for everybody
    GET  /api/v1/sales/{id}/status     the status document
    POST /api/v1/sales/{id}/holds      a claim, for programs and for the page's script
    POST /sales/{handle}/holds         a claim by a plain form, when its refusal is certain

Promises: an answer from memory costs about as much as a fixed text; whatever is not certain goes the long way, by the
coalesced claim or to the application behind.
Never: renders a page while somebody waits for it.
"""

import re
from datetime import UTC
from uuid import UUID

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster import metrics
from doorbuster.clock import Clock
from doorbuster.sale import answers, hold_api
from doorbuster.sale.answers import Answer, Hold
from doorbuster.sale.holds import ANSWERS, Caller, Claims
from doorbuster.sale.sales import Sale
from doorbuster.sale.window import STATUS_HEADERS, RawHeaders, Sent, Shown, Window, sent
from doorbuster.settings import Settings
from doorbuster.web import inputs, problems
from doorbuster.web.measured import ANSWERED_AS
from doorbuster.web.networks import Networks
from doorbuster.web.origin import is_our_own
from doorbuster.web.passes import pass_cookie
from doorbuster.web.problems import Refused, problem, problem_of_fault
from doorbuster.web.sessions import IDENTITY_LENGTH, Shopper, cookie_value, mint, shopper_of_cookie

API_PREFIX = "/api/v1/sales/"
PAGE_PREFIX = "/sales/"
PAGE_ROUTE, FORM_ROUTE = "/sales/{handle}", "/sales/{handle}/holds"
CLAIM_ROUTE, STATUS_ROUTE = "/api/v1/sales/{id:uuid}/holds", "/api/v1/sales/{id:uuid}/status"
ID_END = len(API_PREFIX) + 36
BODY_BYTES_MAX = 4 * 1024
KEY = re.compile(rb"[!-~]{16,255}")
JSON_HEADERS: RawHeaders = [(b"content-type", b"application/json")]
NONE: RawHeaders = []

ANSWERED = metrics.counter("doorbuster_door_answers_total", "Requests answered at the hot door.", ("what",))


class Door:
    """Stands before the application `inner` and answers what is hot."""

    def __init__(
        self, inner: ASGIApp, window: Window, claims: Claims, settings: Settings, networks: Networks, *, clock: Clock
    ) -> None:
        """Answer what is hot by `window` and `claims`; pass the rest to `inner`."""
        self._inner, self._window, self._claims, self._clock = inner, window, claims, clock
        self._secret, self._secure, self._headers = settings.secret, settings.secure_cookies, window.data_headers
        self._hold_headers = [*JSON_HEADERS, *window.data_headers]
        self._status_headers = [*STATUS_HEADERS, *window.data_headers]
        self._own_hosts = frozenset({settings.shop_url.partition("://")[2]})
        self._networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a hot URL here; pass everything else on."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith(API_PREFIX):
                rest = path[ID_END:]
                if rest == "/holds" and scope["method"] == "POST":
                    await self._claim(scope, receive, send)
                    return
                if rest == "/status" and scope["method"] in ("GET", "HEAD"):
                    await self._status(scope, receive, send)
                    return
            elif path.startswith(PAGE_PREFIX) and (ready := self._ready(scope, path[len(PAGE_PREFIX) :])):
                await send(ready[0])
                await send(ready[1])
                return
        await self._inner(scope, receive, send)

    def _ready(self, scope: Scope, rest: str) -> Sent | None:
        """Return a live sale's page, or the certain refusal of its form; None when it must go the long way."""
        if scope["method"] == "POST":
            return self._form_refusal(scope, rest)
        shown = self._window.by_handle(rest)
        if shown is None or scope["method"] not in ("GET", "HEAD"):
            return None
        ANSWERED.add("page")
        scope[ANSWERED_AS] = PAGE_ROUTE
        headers = dict(scope["headers"])
        if headers.get(b"if-none-match") == shown.page.etag:
            return shown.page.unchanged
        return shown.page.zipped if b"gzip" in headers.get(b"accept-encoding", b"") else shown.page.plain

    def _form_refusal(self, scope: Scope, rest: str) -> Sent | None:
        handle, _, noun = rest.partition("/")
        shown = self._window.by_handle(handle) if noun == "holds" else None
        if shown is None or not is_our_own(Headers(scope=scope), self._own_hosts, scope["path"]):
            return None
        name = self._certain_refusal(shown, dict(scope["headers"]))
        if name is None:
            return None
        _count_refusal(name)
        scope[ANSWERED_AS] = FORM_ROUTE
        return self._window.refusal_page(shown, name)

    async def _status(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ANSWERED_AS] = STATUS_ROUTE
        shown = self._window.by_id(scope["path"][len(API_PREFIX) : ID_END])
        if shown is None:
            tail = await self._status_tail_of(scope["path"][len(API_PREFIX) : ID_END])
            if tail is None:
                await _no_such_sale()(scope, receive, send)
                return
        else:
            tail = shown.status_tail
        now = self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        start, body = sent(200, self._status_headers, b'{"now":"' + now.encode() + b'Z",' + tail)
        ANSWERED.add("status")
        await send(start)
        await send(body)

    async def _status_tail_of(self, text: str) -> bytes | None:
        sale = await self._find(text)
        return hold_api.status_document(sale) if sale else None

    async def _claim(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a claim from memory when that is certain, else by the coalesced claim."""
        scope[ANSWERED_AS] = CLAIM_ROUTE
        headers = dict(scope["headers"])
        shown = self._window.by_id(scope["path"][len(API_PREFIX) : ID_END])
        try:
            if not _is_in_order(scope, headers):
                self._look_closer(Headers(scope=scope))
            if shown is not None and (name := self._certain_refusal(shown, headers)):
                _count_refusal(name)
                start, body = shown.refusals[name]
            else:
                ANSWERED.add("claim")
                start, body = await self._claim_the_long_way(scope, receive, headers, shown)
        except Exception as fault:  # the edge: whatever it is, it becomes a problem document
            start, body = self._sent(problem_of_fault(fault))
        await send(start)
        await send(body)

    def _certain_refusal(self, shown: Shown, headers: dict[bytes, bytes], sku: str | None = None) -> str | None:
        """Return the refusal that is certainly true for this caller, or None."""
        name = shown.known.refusal(sku, self._clock.monotonic())
        claimants = shown.known.claimants
        if name is None or claimants is None:
            return name
        cookie = headers.get(b"cookie")
        if cookie is not None:
            owner = "s:" + cookie_value(cookie.decode("latin-1"), self._secure)[:IDENTITY_LENGTH]
            if owner in claimants.owners:
                return None
        key = headers.get(b"idempotency-key")
        return None if key is not None and key.decode("latin-1") in claimants.keys else name

    def _look_closer(self, headers: Headers) -> None:
        """Refuse another site's page, an unsound key, and what is not plain JSON."""
        if not is_our_own(headers, self._own_hosts, API_PREFIX):
            raise Refused(hold_api.NOT_OUR_PAGE, "Nothing was done: the request came from another site's page.")
        inputs.idempotency_key(headers)
        inputs.require_json(headers)

    async def _claim_the_long_way(
        self, scope: Scope, receive: Receive, headers: dict[bytes, bytes], shown: Shown | None
    ) -> Sent:
        wish = inputs.decode_body(await _read(receive), hold_api.HoldWish)
        sale = shown.known.sale if shown else await self._find(scope["path"][len(API_PREFIX) : ID_END])
        if sale is None:
            return self._sent(_no_such_sale())
        if wish.price is not None and wish.price.currency != sale.currency:
            raise Refused(problems.INVALID_BODY, f"The sale is in {sale.currency}.", at="price.currency")
        key = headers[b"idempotency-key"].decode("latin-1")
        shopper = shopper_of_cookie(headers.get(b"cookie", b"").decode("latin-1"), self._secret, self._secure)
        shopper = shopper or mint(self._secret, self._secure, key)
        price = wish.price.amount if wish.price else None
        network = self._networks.of(scope)
        answer = await self._claims.claim_item(sale, wish.sku, wish.quantity, Caller(shopper.key, key, price, network))
        return self._told(answer, wish.sku, shopper)

    def _told(self, answer: Answer, sku: str, shopper: Shopper) -> Sent:
        """Turn an answer into its HTTP form: 201, 200 for a replay, else its problem document."""
        cookies = [(b"set-cookie", shopper.cookie.encode())] if shopper.cookie is not None else []
        match answer:
            case answers.Held(hold):
                return self._with_hold(201, hold, sku, [self._pass_of(shopper), *cookies])
            case answers.Replayed(hold):
                return self._with_hold(
                    200, hold, sku, [self._pass_of(shopper), *cookies, (b"idempotent-replayed", b"true")]
                )
            case _:
                sentence, facts = hold_api.told(answer)
                wait = (
                    answer.retry_after_seconds
                    if isinstance(answer, answers.NotAdmitted | answers.NetworkFull)
                    else None
                )
                told = problem(hold_api.PROBLEMS[answer.name], sentence, retry_after_seconds=wait, **facts)
                return self._sent(told, cookies if isinstance(answer, answers.AlreadyYours) else [])

    def _pass_of(self, shopper: Shopper) -> tuple[bytes, bytes]:
        now = self._clock.now().timestamp()
        return b"set-cookie", pass_cookie(shopper.key, now, self._secret, self._secure).encode()

    def _with_hold(self, status: int, hold: Hold, sku: str, more: RawHeaders) -> Sent:
        location = (b"location", b"/holds/" + msgspec.json.encode(hold.id)[1:-1])
        return sent(status, [*self._hold_headers, location, *more], hold_api.hold_document(hold, sku))

    def _sent(self, response: Response, cookies: RawHeaders = NONE) -> Sent:
        headers = [*response.raw_headers, *cookies, *self._headers]
        start: Message = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        return start, {"type": "http.response.body", "body": response.body}

    async def _find(self, text: str) -> Sale | None:
        try:
            sale_id = UUID(text)
        except ValueError:
            return None
        return await self._window.memory.find_by_id(sale_id)


def _is_in_order(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Say whether the head of the request needs no closer look: our own page or a program, a sound key, plain JSON."""
    site = headers.get(b"sec-fetch-site")
    return (
        (site == b"same-origin" or (site is None and b"origin" not in headers))
        and KEY.fullmatch(headers.get(b"idempotency-key", b"")) is not None
        and headers.get(b"content-type") == b"application/json"
        and b"content-encoding" not in headers
        and len(headers) == len(scope["headers"])
    )


async def _read(receive: Receive) -> bytes:
    """Return the body; refuse more than BODY_BYTES_MAX."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(problems.MALFORMED_JSON, "The body ended early.")
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            raise Refused(problems.BODY_TOO_LARGE, "A claim is short.", bytes_max=BODY_BYTES_MAX)
        if not message.get("more_body", False):
            return body


def _no_such_sale() -> Response:
    return problem(problems.NOT_FOUND, "There is no sale with this id.")


def _count_refusal(name: str) -> None:
    ANSWERS.add(name)
    ANSWERED.add("memory")
