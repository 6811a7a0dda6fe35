"""The id on a refusal: it tells everything about the refusal by itself, so that no flood of refusals has to be stored.

Twenty bytes in base 32 (RFC 4648), after `R-`: when (milliseconds), which class, client or network, which policy, and
four bytes of the refused key, so that one caller's refusals can be seen together. Signed: nobody makes one up.
"""

import struct
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from hmac import compare_digest

from doorbuster.guard.classes import CLASSES, RouteClass

_FORM = struct.Struct(">QBI4s")
SIGNATURE_BYTES = 3
PREFIX = "R-"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: when, of what, by which bound of which policy, and whose (the beginning of a hash)."""

    at: datetime
    route_class: RouteClass
    of_network: bool
    policy_version: int
    who: str


def id_of(refusal: Refusal, secret: str) -> str:
    """Return the id that stands for a refusal."""
    which = CLASSES.index(refusal.route_class) * 2 + refusal.of_network
    milliseconds = int(refusal.at.timestamp() * 1000)
    facts = _FORM.pack(milliseconds, which, refusal.policy_version, bytes.fromhex(refusal.who))
    return PREFIX + b32encode(facts + _signature(facts, secret)).decode().rstrip("=")


def refusal_of(text: str, secret: str) -> Refusal | None:
    """Read an id, or return None when it is none of ours."""
    bare = text.strip().upper().removeprefix(PREFIX)
    try:
        read = b32decode(bare + "=" * (-len(bare) % 8))
    except ValueError:
        return None
    facts, signature = read[: _FORM.size], read[_FORM.size :]
    if len(facts) != _FORM.size or not compare_digest(signature, _signature(facts, secret)):
        return None
    milliseconds, which, version, who = _FORM.unpack(facts)
    if which // 2 >= len(CLASSES):
        return None
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return Refusal(at, CLASSES[which // 2], bool(which % 2), version, who.hex())


def who_of(key: str) -> str:
    """Return what of a refused key goes into ids: enough to see one caller's refusals together, no more."""
    return blake2b(key.encode(), digest_size=4).hexdigest()


def _signature(facts: bytes, secret: str) -> bytes:
    return blake2b(facts, key=secret.encode()[:64], digest_size=SIGNATURE_BYTES, person=b"refusal-id").digest()
