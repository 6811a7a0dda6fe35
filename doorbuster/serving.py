"""What every process of `up` shares: a name, inherited sockets, a word when it is ready, and an end without loss.

Promises: a server that is told to stop accepts nobody new, answers whoever asks meanwhile with `Connection: close`,
and ends when all are gone or ten seconds are over; a request that does not arrive whole within `REQUEST_SECONDS_MAX` is
hung up on, so that a crowd of slow or silent clients cannot keep sockets and memory.
Never: opens a listening socket; the supervisor does, so that connections queue even while a worker is replaced.
"""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from doorbuster.settings import from_environment
from doorbuster.web import logs

BACKLOG = 4_096
DRAIN_SECONDS_MAX = 10
LAST_REQUESTS_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 30
REQUEST_SECONDS_MAX = 20.0
"""A request has so long to arrive, from its connection's first moment or its own first byte."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where a process stands: its name, the listening socket and the pipe it was given."""

    name: str
    listen_fd: int | None
    ready_fd: int | None

    def report_ready(self) -> None:
        """Tell the supervisor that this process does its work from now on."""
        if self.ready_fd is not None:
            os.write(self.ready_fd, b"ready\n")
            os.close(self.ready_fd)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a process's main coroutine to its end, on uvloop."""
    logs.set_up(from_environment(os.environ))
    uvloop.run(main)


@asynccontextmanager
async def background(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do endless works beside the block and cancel them after it; one that fails ends the block, too."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def serve(app: ASGIApp, post: Post, *, has_lifespan: bool = True) -> None:
    """Serve an application on the inherited socket until SIGTERM or SIGINT."""
    assert post.listen_fd is not None
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=PatientProtocol,
        ws="none",
        lifespan="on" if has_lifespan else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS_MAX,
    )
    with socket.socket(fileno=post.listen_fd) as listening:
        await _Server(config, post).serve(sockets=[listening])


def _spare_the_collector() -> None:
    """Leave what was loaded out of every collection, and collect less often: a request's objects die by themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's connection that waits for a request only so long."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._wait()

    def on_message_complete(self) -> None:
        """Wait no more: the request is here, and how long its answer takes is ours."""
        self._stop_waiting()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(REQUEST_SECONDS_MAX, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn's server that reports when it is ready and says goodbye to kept-alive connections."""

    def __init__(self, config: uvicorn.Config, post: Post) -> None:
        super().__init__(config)
        self._post = post

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _spare_the_collector()
        self._post.report_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A connection that is closed between two requests may lose the one that is on its way: so each gets an answer
        # that says "close" first, and only those that stay silent are closed from here.
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LAST_REQUESTS_SECONDS
        while self.server_state.connections and loop.time() < deadline:  # noqa: ASYNC110 - a set of the server's own
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)
