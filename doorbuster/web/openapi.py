"""Writes the OpenAPI 3.1 document out of the table of endpoints.

Promises: every status and type that an endpoint can answer is in it, and nothing else.
Never: is written by hand; what it says of a body comes from the type that reads the body.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from doorbuster.web import problems
from doorbuster.web.api import Endpoint
from doorbuster.web.problems import MEDIA_TYPE, ProblemType

Schema = dict[str, Any]

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_KEY_HEADER: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": problems.INVALID_KEY.meaning,
    "schema": {"type": "string", "pattern": "^[!-~]{16,255}$"},
}


class Problem(msgspec.Struct):
    """A refusal (RFC 9457). `type` is the path of a page that explains it; further members are its facts."""

    type: str
    title: str
    status: int
    detail: str


def document(endpoints: Iterable[Endpoint], title: str, version: str) -> bytes:
    """Return the whole document as JSON bytes; made once, served many times."""
    table = list(endpoints)
    names = [endpoint.name for endpoint in table]
    assert len(set(names)) == len(names), "two endpoints have the same name"
    kinds = _kinds(table)
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    paths: dict[str, Schema] = {}
    for endpoint in table:
        path = _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": title, "version": version, "description": _ABOUT},
            "paths": paths,
            "components": {"schemas": components},
        }
    )


_ABOUT = (
    "Times are UTC in RFC 3339; money is in minor units with its currency; lists go on from `next_cursor`. "
    "Every refusal is a problem document (RFC 9457). Writes need an Idempotency-Key and are then safe to repeat."
)


def problems_of(endpoint: Endpoint) -> list[ProblemType]:
    """Return every way in which an endpoint may refuse: those it declares and those that follow from its shape."""
    found = list(endpoint.problems)
    if endpoint.query is not None:
        found.append(problems.INVALID_PARAMETER)
    if endpoint.keyed:
        found.append(problems.INVALID_KEY)
    if endpoint.body is not None:
        found += [
            problems.MALFORMED_JSON,
            problems.BODY_TOO_LARGE,
            problems.UNSUPPORTED_MEDIA_TYPE,
            problems.INVALID_BODY,
        ]
    if "{" in endpoint.path:
        found.append(problems.NOT_FOUND)
    found += [problems.FAULT, problems.BUSY, problems.UNAVAILABLE]
    return list(dict.fromkeys(found))


def _kinds(endpoints: list[Endpoint]) -> list[Any]:
    """Return every type that the document refers to, each once."""
    kinds: dict[Any, None] = {Problem: None}
    for endpoint in endpoints:
        for kind in (endpoint.body, *endpoint.answers.values()):
            if kind is not None:
                kinds[kind] = None
    return list(kinds)


def _operation(endpoint: Endpoint) -> Schema:
    operation: Schema = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_headers(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(endpoint.body)}}}
    return operation


def _path_parameters(endpoint: Endpoint) -> list[Schema]:
    shapes: dict[str | None, Schema] = {"uuid": {"type": "string", "format": "uuid"}}
    return [
        {"name": name, "in": "path", "required": True, "schema": shapes.get(convertor, {"type": "string"})}
        for name, convertor in _PARAMETER.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[Schema]:
    if endpoint.query is None:
        return []
    _, components = msgspec.json.schema_components([endpoint.query], ref_template=_REF)
    schema = components[endpoint.query.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": shape}
        for name, shape in schema["properties"].items()
    ]


def _headers(endpoint: Endpoint) -> list[Schema]:
    others = [
        {"name": name, "in": "header", "required": False, "description": about, "schema": {"type": "string"}}
        for name, about in (endpoint.headers or {}).items()
    ]
    return [_KEY_HEADER, *others] if endpoint.keyed else others


def _responses(endpoint: Endpoint) -> dict[str, Schema]:
    responses: dict[str, Schema] = {}
    for status, kind in sorted(endpoint.answers.items()):
        responses[str(status)] = {"description": "As asked."}
        if kind is not None:
            responses[str(status)]["content"] = {"application/json": {"schema": _ref(kind)}}
    refusals: dict[int, list[ProblemType]] = {}
    for kind in problems_of(endpoint):
        refusals.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(refusals.items()):
        responses[str(status)] = _refusal(kinds)
    return responses


def _refusal(kinds: list[ProblemType]) -> Schema:
    names = {"properties": {"type": {"enum": [kind.url for kind in kinds]}}}
    schema = {"allOf": [_ref(Problem), names]}
    refusal: Schema = {
        "description": " ".join(f"{kind.title} (`{kind.name}`)." for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
    if kinds[0].status == 503:
        seconds = {"description": "Whole seconds to wait before the next try.", "schema": {"type": "integer"}}
        refusal["headers"] = {"Retry-After": seconds}
    return refusal


def _ref(kind: Any) -> Schema:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REF)
    return schema
