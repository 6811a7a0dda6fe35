"""Problem documents (RFC 9457): how the API says no, and why.

Promises: every refusal has a type whose URL explains it to a person, a sentence about this very case, and loses
nothing; a fault of ours never shows a stack trace.
Never: decides whether something is refused; rooms declare their types and give the sentence.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.responses import Response

from doorbuster import errors

MEDIA_TYPE = "application/problem+json"
URL_PREFIX = "/problems/"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One way to be refused: its name in URLs, its HTTP status, a title, and what it means and what to do now."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def url(self) -> str:
        """Return the path of the page that explains this type; it is the document's `type`."""
        return URL_PREFIX + self.name

    def document(self, detail: str, **extensions: Any) -> bytes:
        """Return the JSON of one refusal; `detail` is a sentence about this case, extensions are its facts."""
        base = {"type": self.url, "title": self.title, "status": self.status, "detail": detail}
        return msgspec.json.encode(base | extensions)


class Refused(Exception):
    """A request that cannot be taken as it is; raised while reading it, answered by the endpoint's wrapper."""

    def __init__(self, kind: ProblemType, detail: str, **extensions: Any) -> None:
        """Keep what `problem()` needs."""
        super().__init__(detail)
        self.kind, self.detail, self.extensions = kind, detail, extensions


_declared: dict[str, ProblemType] = {}


def declare(name: str, status: int, title: str, meaning: str) -> ProblemType:
    """Make and register a problem type; its page appears at `/problems/<name>`. The name must be new."""
    assert name not in _declared, f"two problem types are called {name}"
    kind = _declared[name] = ProblemType(name, status, title, meaning)
    return kind


def declared() -> Mapping[str, ProblemType]:
    """Return every problem type by name."""
    return _declared


def problem(kind: ProblemType, detail: str, *, retry_after_seconds: float | None = None, **extensions: Any) -> Response:
    """Return the answer for one refusal; `retry_after_seconds` becomes the header, in whole seconds."""
    headers = {"Cache-Control": "no-store"}
    if retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after_seconds)))
    return Response(kind.document(detail, **extensions), kind.status, headers, MEDIA_TYPE)


def problem_of_fault(fault: Exception) -> Response:
    """Turn any fault into its problem document; what we did not foresee is logged in full and told in one sentence."""
    match fault:
        case Refused():
            return problem(fault.kind, fault.detail, **fault.extensions)
        case errors.Overloaded() | errors.DatabaseContention():
            return problem(BUSY, "Too many requests arrived at once; nothing was done.", retry_after_seconds=1)
        case errors.Unstorable():
            return problem(INVALID_PARAMETER, "A value contains a character or number that cannot be kept.", at="$")
        case errors.DatabaseTimeout():
            return problem(UNAVAILABLE, "The shop's database did not answer in time.", retry_after_seconds=2)
        case errors.DatabaseUnavailable():
            return problem(UNAVAILABLE, "The shop's database cannot be reached just now.", retry_after_seconds=2)
        case _:
            logger.error("an API request failed", exc_info=fault)
            return problem(FAULT, "Something went wrong on our side; it has been written down.")


MALFORMED_JSON = declare(
    "malformed-json", 400, "The body is not JSON",
    "The request's body could not be read as JSON. `position` counts the bytes up to the first mistake.",
)  # fmt: skip
INVALID_PARAMETER = declare(
    "invalid-parameter", 400, "A parameter is not acceptable",
    "A parameter in the query is unknown, repeated or out of range. `at` says which one.",
)  # fmt: skip
INVALID_CURSOR = declare(
    "invalid-cursor", 400, "The cursor is not one of ours",
    "A cursor is passed back exactly as `next_cursor` gave it. Start again without a cursor to get the first page.",
)  # fmt: skip
INVALID_KEY = declare(
    "invalid-idempotency-key", 400, "The Idempotency-Key is missing or malformed",
    "Every write carries an Idempotency-Key header of 16 to 255 visible ASCII characters that you make up once for "
    "each intention. Sending the same key again repeats the answer, never the effect.",
)  # fmt: skip
NOT_FOUND = declare(
    "not-found", 404, "There is no such thing here",
    "Nothing with this address exists, or it exists and is not yours to see.",
)  # fmt: skip
METHOD_NOT_ALLOWED = declare(
    "method-not-allowed", 405, "This address does not take that method",
    "The Allow header lists the methods that this address takes.",
)  # fmt: skip
BODY_TOO_LARGE = declare(
    "body-too-large", 413, "The body is too large",
    "A request's body may have at most `bytes_max` bytes.",
)  # fmt: skip
UNSUPPORTED_MEDIA_TYPE = declare(
    "unsupported-media-type", 415, "The body must be JSON",
    "Send the header `Content-Type: application/json` and a JSON body encoded as UTF-8, uncompressed.",
)  # fmt: skip
INVALID_BODY = declare(
    "invalid-body", 422, "The body does not say what is needed",
    "The body is JSON, but a field is missing, unknown or not acceptable. `at` is the path of the field.",
)  # fmt: skip
KEY_REUSED = declare(
    "idempotency-key-reused", 422, "This key was used for something else",
    "An Idempotency-Key stands for one intention for ever. Make up a new key for a new request.",
)  # fmt: skip
FAULT = declare(
    "fault", 500, "Something went wrong on our side",
    "An error that we did not foresee. With the same Idempotency-Key it is safe to try again.",
)  # fmt: skip
BUSY = declare(
    "busy", 503, "Too many at once",
    "The shop protects itself; nothing was done. Try again after the time in Retry-After, with the same key.",
)  # fmt: skip
UNAVAILABLE = declare(
    "unavailable", 503, "The shop is not available just now",
    "The shop cannot reach its database. Try again after the time in Retry-After, with the same key.",
)  # fmt: skip
