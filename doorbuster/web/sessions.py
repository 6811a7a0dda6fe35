"""Who is asking: a shopper's identity, minted at the first POST, or with a refusal, and carried by a signed cookie.

Promises: an identity can't be guessed or made up; reading one costs a few microseconds and no database.
Never: minted by a page that is shown, so that pages stay the same bytes for everybody.

A caller without a cookie who sends an Idempotency-Key gets the identity that the key derives, so that a retry after a
lost answer meets the same identity and is answered the same. Keys are therefore at least 16 unguessable characters.
"""

import secrets
from binascii import b2a_base64
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest

from starlette.datastructures import Headers

COOKIE_SECONDS = 180 * 24 * 3600
IDENTITY_LENGTH = 22
SIGNATURE_LENGTH = 16
_DIGEST_BYTES = {b"shopper-by-key": 16, b"shopper-cookie": 12}
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Shopper:
    """`key` names the customer in holds, carts and orders; `cookie` is the Set-Cookie value when newly minted."""

    key: str
    cookie: str | None = None


def shopper_of(headers: Headers, secret: str, secure: bool) -> Shopper | None:
    """Return the shopper whose signed cookie came along, or None; a forged cookie counts as none."""
    return shopper_of_cookie(headers.get("cookie", ""), secret, secure)


def shopper_or_new(headers: Headers, secret: str, secure: bool) -> Shopper:
    """Return the shopper of the cookie, or mint one: from the Idempotency-Key if there is one, else by chance."""
    known = shopper_of(headers, secret, secure)
    return known or mint(secret, secure, headers.get("idempotency-key"))


def shopper_of_cookie(cookie_header: str, secret: str, secure: bool) -> Shopper | None:
    """Return the shopper named and signed in a Cookie header, or None."""
    value = cookie_value(cookie_header, secure)
    identity, _, signature = value.partition(".")
    if len(identity) != IDENTITY_LENGTH or not value.isascii():
        return None
    if not compare_digest(signature, _signature(identity, secret)):
        return None
    return Shopper("s:" + identity)


def cookie_value(cookie_header: str, secure: bool) -> str:
    """Return our cookie's raw value, unverified, or an empty text."""
    start = cookie_header.find(name := _cookie_name(secure) + "=")
    if start < 0 or (start > 0 and cookie_header[start - 1] not in "; "):
        return ""
    end = cookie_header.find(";", start)
    return cookie_header[start + len(name) : end if end >= 0 else None]


def mint(secret: str, secure: bool, idempotency_key: str | None = None) -> Shopper:
    """Make a new identity and its cookie; the same key makes the same identity (see the module's word on keys)."""
    digest = _keyed_digest(secret, b"shopper-by-key", idempotency_key) if idempotency_key else secrets.token_bytes(16)
    identity = _text_of(digest).rstrip("=")
    return Shopper("s:" + identity, _cookie(identity, secret, secure))


def cookie_of(key: str, secret: str, secure: bool) -> str:
    """Return the Set-Cookie value that makes a browser this shopper's: for a link that only they were sent."""
    return _cookie(key.removeprefix("s:"), secret, secure)


def _cookie_name(secure: bool) -> str:
    return "__Host-shopper" if secure else "shopper"


def _cookie(identity: str, secret: str, secure: bool) -> str:
    cookie = f"{_cookie_name(secure)}={identity}.{_signature(identity, secret)}; Path=/; Max-Age={COOKIE_SECONDS}"
    return f"{cookie}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"


def _signature(identity: str, secret: str) -> str:
    return _text_of(_keyed_digest(secret, b"shopper-cookie", identity))


def _keyed_digest(secret: str, purpose: bytes, text: str) -> bytes:
    hasher = _hasher(secret, purpose).copy()
    hasher.update(text.encode())
    return hasher.digest()


def _text_of(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).translate(_URL_SAFE).decode()


@lru_cache(maxsize=8)
def _hasher(secret: str, purpose: bytes) -> blake2b:
    """Return a keyed hash that only has to be copied; the byte after the key makes it digest the key here and now."""
    key = blake2b(secret.encode(), digest_size=32, person=b"shopper-secret").digest()
    return blake2b(b"\0", key=key, digest_size=_DIGEST_BYTES[purpose], person=purpose)
