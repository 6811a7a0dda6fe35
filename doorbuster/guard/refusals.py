"""The id on a refusal: it tells everything about the refusal by itself, so that no flood of refusals has to be stored.

Twenty-two bytes as hexadecimal digits, after `R-`: when (seconds and milliseconds), which class and why, the request's
level and the threshold of that moment, which policy, and four bytes of the refused key, so that one caller's refusals
can be seen together. Signed: nobody makes one up. Under a flood this is the dearest part of saying no, so it is short:
Python writes hexadecimal digits twenty times as fast as base 32.
"""

import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from itertools import product
from typing import Literal, NamedTuple, get_args

from doorbuster.guard.classes import CLASSES, RouteClass

Why = Literal["client", "network", "shed", "full", "late", "closed"]
WHYS: tuple[Why, ...] = get_args(Why)
MEANINGS: dict[Why, str] = {
    "client": "It was more than one client may send.",
    "network": "It was more than its network may send.",
    "shed": "The shop was at its limit and let in only what matters more, or other cohorts of callers.",
    "full": "The line for the database was full of requests that matter as much.",
    "late": "It waited in line for as long as an answer could still have been in time.",
    "closed": "An operator had closed this lane.",
}

_FORM = struct.Struct(">IHBHHI4s")
_NUMBERS = {(name, why): number for number, (name, why) in enumerate(product(CLASSES, WHYS))}
SIGNATURE_BYTES = 3
PREFIX = "R-"
WHO_REMEMBERED = 4_096
"""Under a flood the same callers are refused again and again."""


class Refusal(NamedTuple):
    """One refusal: when, of what, why, under which policy, and whose (the beginning of a hash).

    `level` and `threshold` say how much the request mattered and how much was asked for (see `threshold.py`).
    """

    at: datetime
    route_class: RouteClass
    why: Why
    policy_version: int
    who: str
    level: int = 0
    threshold: int = 0


def id_of(refusal: Refusal, secret: str) -> str:
    """Return the id that stands for a refusal."""
    which = _NUMBERS[refusal.route_class, refusal.why]
    facts = _FORM.pack(
        int(refusal.at.timestamp()), refusal.at.microsecond // 1000, which, refusal.level, refusal.threshold,
        refusal.policy_version, bytes.fromhex(refusal.who),
    )  # fmt: skip
    return PREFIX + (facts + _signature(facts, secret)).hex().upper()


def refusal_of(text: str, secret: str) -> Refusal | None:
    """Read an id, or return None when it is none of ours."""
    try:
        read = bytes.fromhex(text.strip().upper().removeprefix(PREFIX))
    except ValueError:
        return None
    facts, signature = read[: _FORM.size], read[_FORM.size :]
    if len(facts) != _FORM.size or not compare_digest(signature, _signature(facts, secret)):
        return None
    seconds, milliseconds, which, level, threshold, version, who = _FORM.unpack(facts)
    route_class, why = divmod(which, len(WHYS))
    if route_class >= len(CLASSES):
        return None
    at = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=milliseconds)
    return Refusal(at, CLASSES[route_class], WHYS[why], version, who.hex(), level, threshold)


@lru_cache(WHO_REMEMBERED)
def who_of(key: str) -> str:
    """Return what of a refused key goes into ids: enough to see one caller's refusals together, no more."""
    return blake2b(key.encode(), digest_size=4).hexdigest()


def _signature(facts: bytes, secret: str) -> bytes:
    hasher = _hasher(secret).copy()
    hasher.update(facts)
    return hasher.digest()


@lru_cache(maxsize=8)
def _hasher(secret: str) -> blake2b:
    """Return a keyed hash that only has to be copied."""
    return blake2b(key=secret.encode()[:64], digest_size=SIGNATURE_BYTES, person=b"refusal-id")
