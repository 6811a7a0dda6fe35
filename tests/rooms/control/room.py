"""A control room in the test's own process, every middleware included, and visitors with a browser's manners."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp

from doorbuster import journal
from doorbuster.accounts.operators import add_operator, new_operator
from doorbuster.accounts.passwords import hash_now
from doorbuster.accounts.roles import Role
from doorbuster.clock import Clock
from doorbuster.control.app import control_app
from doorbuster.control_routes import control_plane_routes
from doorbuster.journal import Actor, Line
from doorbuster.settings import Settings

PASSWORD = "quiet unusual battery"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]

    def says(self, *texts: str) -> bool:
        """Whether a reader finds all the texts, tags aside."""
        plain = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.text)))
        return all(re.sub(r"\s+", " ", text) in plain for text in texts)

    def typed(self) -> dict[str, str]:
        """What the page's hidden and visible inputs hold."""
        found = {}
        for tag in re.findall(r"<input\b[^>]*>", self.text):
            attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            if "name" in attributes and attributes.get("type") not in ("radio", "checkbox", "submit"):
                found[unescape(attributes["name"])] = unescape(attributes.get("value", ""))
        return found


@dataclass
class Visitor:
    """Somebody with a browser: keeps cookies, sends Origin, follows nothing by itself."""

    app: ASGIApp
    state: dict[str, Any]
    address: str = "192.0.2.7"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.send("GET", path, b"", headers)

    async def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        manners = {"content-type": "application/x-www-form-urlencoded", "origin": "http://room.test"}
        return await self.send("POST", path, urlencode(form or {}).encode(), manners | headers)

    async def log_in(self, name: str, password: str = PASSWORD, to: str = "/") -> Answer:
        return await self.post("/log-in", {"name": name, "password": password, "next": to})

    async def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        sent: list[Any] = []
        named = {"host": "room.test", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()], "scheme": "http",
            "server": ("room.test", 80), "client": (self.address, 5), "root_path": "", "state": dict(self.state),
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return self._answer(sent)

    def _answer(self, sent: list[Any]) -> Answer:
        pairs = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        for name, value in pairs:
            if name == "set-cookie":
                for morsel in SimpleCookie(value).values():
                    self.cookies[morsel.key] = morsel.value
                    if not morsel.value:
                        del self.cookies[morsel.key]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], dict(pairs), body.decode())


@dataclass
class Room:
    """The control room under test."""

    app: ASGIApp
    state: dict[str, Any]
    clock: Clock
    settings: Settings

    @property
    def house(self) -> Any:
        return self.state["house"]

    def visitor(self, address: str = "192.0.2.7") -> Visitor:
        return Visitor(self.app, self.state, address)

    def add(self, name: str, role: Role) -> None:
        """Add an operator who knows PASSWORD."""
        made = new_operator(name, role, self.clock.now())
        add_operator(self.house.event_log, made, hash_now(PASSWORD), Actor("test", "system"))

    async def enter(self, role: Role) -> Visitor:
        """Return somebody who is logged in with that role and has the role's name."""
        self.add(role, role)
        visitor = self.visitor()
        answer = await visitor.log_in(role)
        assert answer.status == 303, answer.text
        return visitor

    def story(self, subject: str | None = None) -> list[Line]:
        """Return the journal, newest first."""
        return journal.lines(self.house.event_log, subject=subject)


@asynccontextmanager
async def open_room(home: Path, database_url: str, clock: Clock) -> AsyncIterator[Room]:
    """Open a control room for the block."""
    settings = Settings(home=home, database_url=database_url, secret="s" * 40, public_url="http://shop.test")
    app = control_app(settings, database_url, control_plane_routes(), clock)
    asked: asyncio.Queue[Any] = asyncio.Queue(2)
    told: asyncio.Queue[Any] = asyncio.Queue(2)
    state: dict[str, Any] = {}
    lifespan = asyncio.create_task(app({"type": "lifespan", "state": state}, asked.get, told.put))
    await asked.put({"type": "lifespan.startup"})
    assert (await told.get())["type"] == "lifespan.startup.complete"
    yield Room(app, state, clock, settings)
    await asked.put({"type": "lifespan.shutdown"})
    assert (await told.get())["type"] == "lifespan.shutdown.complete"
    await lifespan
