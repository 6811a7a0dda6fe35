"""What an answer means to the shopper who got it.

"Hurt" means one thing everywhere: a visitor met a 5xx, a time-out, a refused connection or a page slower than
three seconds, and was not told honestly to wait or that it is sold out.
"""

import re

import msgspec

from doorbuster.drill.client import Reply

SLOW_SECONDS = 3.0

HONEST_NO = frozenset({"SoldOut", "SaleOver", "LimitReached", "AlreadyYours", "TurnLapsed"})
HONEST_WAIT = frozenset(
    {"AllHeld", "NetworkFull", "TooManyRequests", "NotOpenYet", "Paused", "NotAdmitted", "Busy", "Unavailable",
     "WaitingRoom", "NotYourTurn", "RoomPaused", "OneMoment", "WorkWanted"}
)  # fmt: skip
BROKEN = frozenset({"Refused", "Dropped", "TimedOut", "Garbled"})

_SUCCESS = {("hold", 201): "Held", ("hold", 200): "Replayed", ("order", 201): "Ordered", ("order", 200): "Replayed"}
_ANSWER_IN_PAGE = re.compile(rb'data-answer="([\w-]+)"')


class _Problem(msgspec.Struct):
    """The part of a problem document (RFC 9457) that tells answers apart."""

    type: str = "about:blank"
    title: str = ""


_problem = msgspec.json.Decoder(_Problem)


def kind_of(step: str, reply: Reply) -> str:
    """Name the answer: by its problem's type, by what a page says it is, or by its status."""
    if reply.status == 303 and step == "hold" and b"/holds/" in reply.headers.get(b"location", b""):
        return "Held"
    if reply.status == 303 and step == "order":
        return "Ordered"
    if reply.status < 400:
        return _SUCCESS.get((step, reply.status)) or _told_in_page(reply) or ("Ok" if reply.status < 300 else "Moved")
    named = _told_in_problem(reply) or _told_in_page(reply)
    if named:
        return named
    if reply.status in (429, 503) and b"retry-after" in reply.headers:
        return "NotAdmitted"
    return f"Status{reply.status}"


def hurts(status: int, kind: str, latency_seconds: float) -> bool:
    """Say whether one answer hurt the shopper.

    Who is asked to wait only after having waited longer than for a slow page was not told honestly, but left alone.
    """
    if kind in HONEST_NO:
        return False
    if kind in HONEST_WAIT:
        return latency_seconds > SLOW_SECONDS
    return status >= 500 or kind in BROKEN or latency_seconds > SLOW_SECONDS


def wait_seconds(reply: Reply, default: float) -> float:
    """Return how long the answer asks to wait before the next try."""
    text = reply.header(b"retry-after")
    return float(text) if text.isdecimal() else default


def camel(name: str) -> str:
    """Turn `sold-out`, `sold_out` or `SoldOut` into `SoldOut`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_ ]", name))


def _told_in_problem(reply: Reply) -> str:
    if b"json" not in reply.headers.get(b"content-type", b""):
        return ""
    try:
        problem = _problem.decode(reply.body)
    except msgspec.DecodeError:
        return ""
    name = re.split(r"[/#:]", problem.type)[-1]
    return "" if name == "blank" else camel(name)


def _told_in_page(reply: Reply) -> str:
    found = _ANSWER_IN_PAGE.search(reply.body)
    return camel(found[1].decode()) if found else ""
