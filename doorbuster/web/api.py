"""The ground of the JSON API: one table of endpoints, from which the routes and the OpenAPI document are both made.

Promises: what the table says is what is served; a body is read within a size, as JSON, strictly; whatever is refused
gets a problem document that names the mistake; no fault shows a stack trace.
Never: knows what an endpoint is for. A room declares its `ENDPOINTS`, and `routes.py` gathers them.

A handler is `async def name(request, *, body, query, key) -> Response` with those of the three that its endpoint
declares: `body` and `query` are the declared structs, `key` is the Idempotency-Key. A path writes Starlette's
convertors: `/api/v1/orders/{id:uuid}`. An endpoint without a handler is served by another door and only described.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from doorbuster.web import problems
from doorbuster.web.inputs import idempotency_key, read_body, read_query
from doorbuster.web.problems import ProblemType, Refused, problem, problem_of_fault

Handler = Callable[..., Awaitable[Response]]

PREFIX = "/api/v1"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One line of the API: an address, what it takes, what it answers, and how it may refuse."""

    method: str
    path: str
    name: str
    """The operationId, in snake_case and unique; `verb_noun`."""
    summary: str
    tag: str
    answers: Mapping[int, Any]
    """Body type by success status; None where there is no body."""
    handler: Handler | None
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    keyed: bool = False
    """Whether it must carry an Idempotency-Key; every write does."""
    headers: Mapping[str, str] | None = None
    """Further request headers it understands, each with its description."""
    problems: tuple[ProblemType, ...] = ()
    """How it may refuse, beside what every endpoint of its shape can."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every answer's type: fields by name, immutable; a subclass says `frozen=True` again."""


class Amount(msgspec.Struct, frozen=True):
    """Money: `amount` in minor units (pence, cents, yen) of the ISO 4217 `currency`."""

    amount: int
    currency: str


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a success: the value as JSON, never cached unless the headers say otherwise."""
    return Response(
        msgspec.json.encode(value), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )


def encode_cursor(position: Any) -> str:
    """Return an opaque text for a position in a list; positions are what the list is sorted by."""
    return urlsafe_b64encode(msgspec.msgpack.encode(position)).rstrip(b"=").decode()


def decode_cursor(cursor: str, kind: Any) -> Any:
    """Return the position that `encode_cursor` was given; refuse what is not a cursor of this kind."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return msgspec.msgpack.decode(urlsafe_b64decode(padded), type=kind)
    except (ValueError, msgspec.MsgspecError) as mistake:
        raise Refused(problems.INVALID_CURSOR, "This cursor was not given by this list.") from mistake


def api_routes(endpoints: Iterable[Endpoint], document: bytes) -> list[Route]:
    """Return the routes of the endpoints that have a handler, of their OpenAPI document, and of everything beside."""
    table = list(endpoints)
    served = [Route(e.path, _served(e), methods=[e.method]) for e in table if e.handler is not None]
    return [
        *served,
        Route(f"{PREFIX}/openapi.json", _document(document), methods=["GET"]),
        *[Route(path, _other_method(methods), methods=_others(methods)) for path, methods in _by_path(table).items()],
        Route("/api/{rest:path}", _no_such_address, methods=list(METHODS)),
    ]


def _served(endpoint: Endpoint) -> Handler:
    """Wrap a handler: read what its endpoint declares, answer every refusal and fault as a problem document."""
    handler = endpoint.handler
    assert handler is not None

    async def serve(request: Request) -> Response:
        try:
            return await handler(request, **await _inputs(request, endpoint))
        except ClientDisconnect:
            raise
        except Exception as fault:  # the edge: whatever it is, it becomes a problem document
            return problem_of_fault(fault)

    serve.__name__ = endpoint.name
    return serve


async def _inputs(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """Read the declared inputs in the order in which their mistakes are told: query, key, body."""
    given: dict[str, Any] = {}
    if "\0" in request.url.path:
        raise Refused(problems.NOT_FOUND, "No address of ours contains the character NUL.")
    if endpoint.query is not None:
        given["query"] = read_query(request, endpoint.query)
    if endpoint.keyed:
        given["key"] = idempotency_key(request.headers)
    if endpoint.body is not None:
        given["body"] = await read_body(request, endpoint.body)
    return given


def _document(document: bytes) -> Handler:
    async def openapi(_: Request) -> Response:
        return Response(document, 200, {"Cache-Control": "public, max-age=60"}, "application/json")

    return openapi


def _by_path(endpoints: Iterable[Endpoint]) -> dict[str, list[str]]:
    methods: dict[str, list[str]] = {}
    for endpoint in endpoints:
        methods.setdefault(endpoint.path, []).append(endpoint.method)
    return methods


def _others(methods: list[str]) -> list[str]:
    taken = {*methods, "HEAD"} if "GET" in methods else set(methods)
    return [method for method in METHODS if method not in taken]


def _other_method(methods: list[str]) -> Handler:
    async def method_not_allowed(request: Request) -> Response:
        detail = f"{request.url.path} takes {', '.join(methods)}, not {request.method}."
        refusal = problem(problems.METHOD_NOT_ALLOWED, detail)
        refusal.headers["Allow"] = ", ".join(methods)
        return refusal

    return method_not_allowed


async def _no_such_address(_: Request) -> Response:
    return problem(problems.NOT_FOUND, "The API has nothing at this address; see /api/v1/openapi.json.")
