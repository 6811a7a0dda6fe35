"""The shop window: what a worker shows of the live sales to everybody, as bytes that lie ready.

Promises: a page is drawn when what it shows has changed, never while somebody waits; its bytes are the same for all.
Never: holds anything that belongs to one shopper.
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from uuid import UUID

from starlette.types import Message

from doorbuster.sale import answers, hold_api
from doorbuster.sale.answers import Answer
from doorbuster.sale.memory import Known, SaleMemory
from doorbuster.sale.sale_page import band_of, stage_of
from doorbuster.sale.sales import Sale
from doorbuster.web import problems

RawHeaders = list[tuple[bytes, bytes]]
Sent = tuple[Message, Message]

PAGE_HEADERS: RawHeaders = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"cache-control", b"public, max-age=1, stale-while-revalidate=10"),
    (b"vary", b"accept-encoding"),
]
STATUS_HEADERS: RawHeaders = [(b"content-type", b"application/json"), (b"cache-control", b"public, max-age=1")]


@dataclass(frozen=True, slots=True)
class Kept:
    """A page as it is sent: plain, zipped, or as the news that it has not changed."""

    drawn_from: object
    etag: bytes
    plain: Sent
    zipped: Sent
    unchanged: Sent


@dataclass(slots=True)
class Shown:
    """One live sale in the window."""

    known: Known
    page: Kept
    status_tail: bytes
    refusals: dict[str, Sent]
    refusal_pages: dict[str, Sent] = field(default_factory=dict)


class Window:
    """Draws the live sales that `memory` knows; `refresh` reads them again and redraws what has changed."""

    def __init__(
        self,
        memory: SaleMemory,
        draw_page: Callable[[Sale], bytes],
        draw_refusal: Callable[[Sale, Answer], bytes],
        *,
        page_headers: RawHeaders,
        data_headers: RawHeaders,
        has_room: Callable[[UUID], bool] = lambda _: False,
    ) -> None:
        """The security headers go with every page and every JSON; nothing is shown before the first `refresh`.

        `has_room` says whether a sale has a waiting room, which its page shows as well.
        """
        self.memory = memory
        self.data_headers = data_headers
        self._page_headers, self._has_room = page_headers, has_room
        self._draw_page, self._draw_refusal = draw_page, draw_refusal
        self._by_id: dict[str, Shown] = {}
        self._by_handle: dict[str, Shown] = {}

    async def refresh(self) -> None:
        """Read the live sales and redraw those whose looks have changed."""
        await self.memory.refresh()
        shown = [self._show(known) for known in self.memory.live() if known.sale.items]
        self._by_id = {str(one.known.sale.id): one for one in shown}
        self._by_handle = {one.known.sale.handle: one for one in shown}

    def by_id(self, sale_id: str) -> Shown | None:
        """Return the live sale of that id, or None."""
        return self._by_id.get(sale_id)

    def by_handle(self, handle: str) -> Shown | None:
        """Return the live sale of that handle, or None."""
        return self._by_handle.get(handle)

    def refusal_page(self, shown: Shown, name: str) -> Sent:
        """Return the page that tells a plain form why there is no unit, drawn the first time it is asked for."""
        if name not in shown.refusal_pages:
            body = self._draw_refusal(shown.known.sale, certain_answer(name, shown.known.sale))
            html = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
            shown.refusal_pages[name] = sent(409, html + self._page_headers, body)
        return shown.refusal_pages[name]

    def _show(self, known: Known) -> Shown:
        before = self._by_id.get(str(known.sale.id))
        looks = (_looks_of(known.sale), self._has_room(known.sale.id))
        if before and before.page.drawn_from == looks:
            page = before.page
        else:
            page = self._keep(looks, self._draw_page(known.sale))
        refusals = {name: self._refusal(name, known.sale) for name in ("NotOpenYet", "SaleOver", "SoldOut", "AllHeld")}
        return Shown(known, page, hold_api.status_document(known.sale), refusals)

    def _keep(self, looks: object, body: bytes) -> Kept:
        etag = b'"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'
        headers = [*PAGE_HEADERS, (b"etag", etag), *self._page_headers]
        zipped = sent(200, [*headers, (b"content-encoding", b"gzip")], gzip.compress(body, 6, mtime=0))
        return Kept(looks, etag, sent(200, headers, body), zipped, sent(304, headers, b""))

    def _refusal(self, name: str, sale: Sale) -> Sent:
        kind = hold_api.PROBLEMS[name]
        detail, facts = hold_api.told(certain_answer(name, sale))
        # Nobody keeps the answer to a POST that does not ask for it (RFC 9110, 9.3.3).
        headers = [(b"content-type", problems.MEDIA_TYPE.encode()), *self.data_headers]
        return sent(kind.status, headers, kind.document(detail, **facts))


def certain_answer(name: str, sale: Sale) -> Answer:
    """Return the answer of a refusal that `memory` is certain of."""
    match name:
        case "NotOpenYet":
            return answers.NotOpenYet(sale.opens_at)
        case "SaleOver":
            return answers.SaleOver()
        case "SoldOut":
            return answers.SoldOut(0)
    return answers.AllHeld(0)


def sent(status: int, headers: RawHeaders, body: bytes) -> Sent:
    """Return the two ASGI messages of a complete answer."""
    length = [] if status == 304 else [(b"content-length", str(len(body)).encode())]
    start: Message = {"type": "http.response.start", "status": status, "headers": [*headers, *length]}
    return start, {"type": "http.response.body", "body": body}


def _looks_of(sale: Sale) -> object:
    """Return everything that the page shows, so that equal looks are equal pages."""
    items = tuple((item.sku, item.title, item.price, item.units, band_of(item.left, item.units)) for item in sale.items)
    facts = (sale.title, sale.description, sale.opens_at, sale.closes_at, sale.hold_seconds, sale.limit_per_customer)
    return (stage_of(sale), facts, items)
