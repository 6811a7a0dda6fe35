"""Reads what an API request carries: its body, its query, its Idempotency-Key.

Promises: reading is bounded, strict and typed; a mistake is refused with its place, before anything is done.
Never: guesses what was meant, drops an unknown field, or lets a character through that PostgreSQL cannot store.
"""

import re
from typing import TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request

from doorbuster.web import problems
from doorbuster.web.problems import Refused

S = TypeVar("S", bound=msgspec.Struct)

BODY_BYTES_MAX = 64 * 1024

_KEY = re.compile(r"[!-~]{16,255}")
_JSON_TYPE = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)
_PLACE = re.compile(r"^(?P<what>.*?) - at `(?:key in )?\$(?P<path>.*)`$", re.DOTALL)
_POSITION = re.compile(r"\(byte (\d+)\)$")
# An escaped NUL: the only character that JSON can write and PostgreSQL's text cannot hold.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every body's type: fields by name, unknown ones refused; a subclass says `frozen=True` again."""


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every query's type; each field is one parameter, with a default when it may be left out."""


def idempotency_key(headers: Headers) -> str:
    """Return the Idempotency-Key; refuse a missing, repeated, short, long or invisible one."""
    keys = headers.getlist("idempotency-key")
    if not keys:
        raise Refused(problems.INVALID_KEY, "The Idempotency-Key header is missing.")
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Refused(problems.INVALID_KEY, "The Idempotency-Key must be one text of 16 to 255 visible characters.")
    return keys[0]


async def read_body(request: Request, kind: type[S]) -> S:
    """Return the JSON body as `kind`; refuse another media type, too many bytes, broken JSON or a wrong field."""
    require_json(request.headers)
    return decode_body(await _bounded(request), kind)


def require_json(headers: Headers) -> None:
    """Refuse a request whose body does not call itself plain UTF-8 JSON."""
    if not _JSON_TYPE.fullmatch(headers.get("content-type", "").strip()) or "content-encoding" in headers:
        raise Refused(problems.UNSUPPORTED_MEDIA_TYPE, "The body must be uncompressed application/json in UTF-8.")


def decode_body(raw: bytes, kind: type[S]) -> S:
    """Return bytes of JSON as `kind`; refuse broken JSON with its position, a wrong field with its path."""
    try:
        raw.decode("utf-8")
        decoded = msgspec.json.decode(raw, type=kind)
    except UnicodeDecodeError as mistake:
        raise Refused(problems.MALFORMED_JSON, "The body is not UTF-8.", position=mistake.start) from mistake
    except msgspec.ValidationError as mistake:
        what, at = place_of(mistake)
        raise Refused(problems.INVALID_BODY, f"{what}.", at=at) from mistake
    except (msgspec.DecodeError, RecursionError) as mistake:
        found = _POSITION.search(str(mistake))
        position = int(found[1]) if found else len(raw)
        raise Refused(problems.MALFORMED_JSON, f"{mistake}.", position=position) from mistake
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Refused(
            problems.INVALID_BODY, "A text contains the character NUL (\\u0000), which cannot be kept.", at="$"
        )
    return decoded


def read_query(request: Request, kind: type[S]) -> S:
    """Return the query parameters as `kind`; refuse an unknown, repeated or unacceptable one by name."""
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Refused(problems.INVALID_PARAMETER, "A parameter is given more than once.", at="$")
    for name, value in pairs:
        if "\0" in value or "\N{REPLACEMENT CHARACTER}" in value:
            raise Refused(problems.INVALID_PARAMETER, f"{name} is not text in UTF-8.", at=f"$.{name}")
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as mistake:
        what, at = place_of(mistake)
        raise Refused(problems.INVALID_PARAMETER, f"{what}.", at=at) from mistake


def place_of(mistake: msgspec.ValidationError) -> tuple[str, str]:
    """Return what is wrong and the path of where, such as `$.shipping_address.postcode`."""
    found = _PLACE.match(str(mistake))
    return (found["what"], f"${found['path']}") if found else (str(mistake), "$")


async def _bounded(request: Request) -> bytes:
    """Return the body, or refuse it as soon as it is known to be too large."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > BODY_BYTES_MAX:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
    return bytes(body)


def _too_large() -> Refused:
    return Refused(problems.BODY_TOO_LARGE, f"The body has more than {BODY_BYTES_MAX} bytes.", bytes_max=BODY_BYTES_MAX)
