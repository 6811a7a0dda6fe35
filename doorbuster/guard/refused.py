"""How a refusal is told: a page to a browser, a problem document to a program, at the cost of filling in four words."""

import re
from functools import lru_cache
from html import escape
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import Message, Scope, Send

from doorbuster.web.headers import RawHeaders, headers_of
from doorbuster.web.measured import ANSWERED_AS, REFUSED
from doorbuster.web.problems import MEDIA_TYPE, ProblemType

CAME_FROM_LENGTH_MAX = 2_000
WORD = re.compile(rb"@(sentence|seconds|refusal|again)@")
PAGES_CUT = 64
"""Sentences are few; where to try again is anything."""


class Told(NamedTuple):
    """What is told of one refusal: why, in a sentence; when to come back, in seconds; the id that explains it."""

    problem: ProblemType
    sentence: str
    seconds: int
    refusal_id: str


class Look:
    """How a refusal looks to a browser: a page with four words between @ to fill in, and the security headers."""

    def __init__(self, drawn: bytes, page_headers: RawHeaders, data_headers: RawHeaders) -> None:
        """Cut the drawn page at its words once, so that filling it in is putting pieces together."""
        self._pieces = WORD.split(drawn)  # every second one is the name of a word
        self._cut = lru_cache(PAGES_CUT)(self._cut_for)
        self._page_headers, self._data_headers = page_headers, data_headers

    async def answer(self, scope: Scope, send: Send, told: Told, more: RawHeaders) -> None:
        """Send a refusal, with `more` headers of its own."""
        scope[ANSWERED_AS] = REFUSED
        if is_api(scope):
            kind, look = MEDIA_TYPE.encode(), self._data_headers
            body = told.problem.document(told.sentence, refusal=told.refusal_id, retry_after_seconds=told.seconds)
        else:
            kind, look = b"text/html; charset=utf-8", self._page_headers
            body = self._page(told, _again(scope))
        headers = [
            (b"content-type", kind),
            (b"content-length", b"%d" % len(body)),
            (b"retry-after", b"%d" % told.seconds),
            (b"cache-control", b"no-store"),
            *look,
            *more,
        ]
        start: Message = {"type": "http.response.start", "status": told.problem.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _page(self, told: Told, again: str) -> bytes:
        pieces, at_seconds, at_refusal = self._cut(told.sentence, again)
        filled, seconds, refusal = pieces.copy(), b"%d" % told.seconds, told.refusal_id.encode()
        for at in at_seconds:
            filled[at] = seconds
        for at in at_refusal:
            filled[at] = refusal
        return b"".join(filled)

    def _cut_for(self, sentence: str, again: str) -> tuple[list[bytes], list[int], list[int]]:
        """Fill in what many refusals have in common; return the pieces, and where the seconds and the ids belong."""
        common = {b"sentence": sentence.encode(), b"again": escape(again).encode()}
        named = [(at, self._pieces[at]) for at in range(1, len(self._pieces), 2)]
        pieces = self._pieces.copy()
        for at, name in named:
            pieces[at] = common.get(name, b"")
        return (
            pieces,
            [at for at, name in named if name == b"seconds"],
            [at for at, name in named if name == b"refusal"],
        )


def is_api(scope: Scope) -> bool:
    """Say whether a program asks."""
    path: str = scope["path"]
    return path.startswith("/api/")


def _again(scope: Scope) -> str:
    """Return where to try again: the same page, or for a form the page that it stood on."""
    if scope["method"] in ("GET", "HEAD"):
        return ""
    came_from = headers_of(scope).get(b"referer", b"").decode("latin-1")[:CAME_FROM_LENGTH_MAX]
    try:
        path = urlsplit(came_from).path
    except ValueError:
        return "/"
    return path if path.startswith("/") and not path.startswith("//") else "/"
