"""A little application of the house, and a way to ask it in-process: no network, but every middleware."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from doorbuster import errors
from doorbuster.settings import Settings
from doorbuster.web.app import build_app
from doorbuster.web.pages import Pages, show

OWN = {"host": "shop.test", "origin": "http://shop.test"}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True)
class BareHouse:
    """A house with nothing but its pages."""

    pages: Pages


async def echo(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def page(request: Request) -> Response:
    public = "public" in request.query_params
    facts = {"title": "<b>", "detail": "x" * 2000, "request_id": "", "code": 200}
    return show(request, "web/failure.html", public_seconds=5 if public else 0, **facts)


async def broken(request: Request) -> Response:
    raise RuntimeError("the secret reason")


async def busy(request: Request) -> Response:
    raise errors.Overloaded("full")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    return Settings(home=Path(home), database_url=None, secret="s" * 40, public_url="http://shop.test")


@pytest.fixture(scope="session")
def pages(settings: Settings) -> Pages:
    return Pages(settings)


@pytest.fixture
def ask(settings: Settings, pages: Pages) -> Ask:
    """Ask the little application: `await ask("POST", "/echo", body=b"…", origin="…")`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield {}

    routes = [
        Route("/echo", echo, methods=["POST"]),
        Route("/api/v1/echo", echo, methods=["POST"]),
        Route("/page", page),
        Route("/broken", broken),
        Route("/api/v1/broken", broken),
        Route("/busy", busy),
    ]
    app = build_app(routes, settings=settings, lifespan=lifespan)

    async def asked(method: str, path: str, *, body: bytes = b"", chunks: int = 1, **headers: str) -> Answer:
        sent: list[Any] = []
        size = -(-len(body) // chunks) or 1
        parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]

        async def receive() -> Any:
            part = parts.pop(0) if parts else b""
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        path, _, query = path.partition("?")
        named = {"host": "shop.test", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()], "scheme": "http",
            "server": ("shop.test", 80), "client": ("192.0.2.1", 5), "root_path": "",
            "state": {"house": BareHouse(pages)},
        }  # fmt: skip
        try:
            await app(scope, receive, send)
        except RuntimeError:
            assert sent, "a fault must be answered before it is raised for the log"
        start = sent[0]
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
        )

    return asked
