"""A pass: who holds a unit or has an order under way is known by a signed cookie, without a look at the database.

Promises: it names the shopper whom it was given to and when it ends; nobody makes one up and nobody lends one.
The guard lets its bearer through to the checkout whatever the load is.
"""

from binascii import b2a_base64
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Protocol

from starlette.responses import Response

from doorbuster.clock import Clock
from doorbuster.settings import Settings

PASS_SECONDS = 3_600
"""A hold lasts minutes; then the order is paid, looked at, perhaps cancelled."""
_DIGEST_BYTES = 12
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Giver(Protocol):
    """What of a house a pass needs: the time and the secret."""

    @property
    def clock(self) -> Clock:
        """Return the time."""
        ...

    @property
    def settings(self) -> Settings:
        """Return the settings."""
        ...


def give_pass(response: Response, key: str, house: Giver) -> None:
    """Send a pass along with an answer."""
    now, settings = house.clock.now().timestamp(), house.settings
    response.headers.append("set-cookie", pass_cookie(key, now, settings.secret, settings.secure_cookies))


def pass_cookie(key: str, now_seconds: float, secret: str, secure: bool) -> str:
    """Return the Set-Cookie value of a pass for a shopper; `now_seconds` since 1970."""
    until = int(now_seconds) + PASS_SECONDS
    value = f"{until}.{_signature(f'{key} {until}', secret)}"
    end = "; Secure" if secure else ""
    return f"{_name(secure)}={value}; Path=/; Max-Age={PASS_SECONDS}; HttpOnly; SameSite=Lax{end}"


def has_pass(cookie_header: str, key: str, now_seconds: float, secret: str, secure: bool) -> bool:
    """Say whether a Cookie header carries a pass of this shopper that has not ended."""
    for part in cookie_header.split(";"):
        name, _, value = part.strip().partition("=")
        if name != _name(secure):
            continue
        until, _, signature = value.partition(".")
        if until.isdecimal() and until.isascii() and len(until) <= 12 and int(until) > now_seconds:
            return compare_digest(signature.encode(), _signature(f"{key} {until}", secret).encode())
    return False


def _name(secure: bool) -> str:
    return "__Host-pass" if secure else "pass"


def _signature(text: str, secret: str) -> str:
    hasher = _hasher(secret).copy()
    hasher.update(text.encode())
    return b2a_base64(hasher.digest(), newline=False).translate(_URL_SAFE).decode()


@lru_cache(maxsize=8)
def _hasher(secret: str) -> blake2b:
    key = blake2b(secret.encode(), digest_size=32, person=b"pass-secret").digest()
    return blake2b(key=key, digest_size=_DIGEST_BYTES, person=b"pass")
