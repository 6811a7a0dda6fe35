"""From a worker's counter to the text that Prometheus reads, over real HTTP."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
import uvicorn

from doorbuster import metrics
from doorbuster.accounts.tokens import TOKEN_HEADER, internal_token, metrics_token
from doorbuster.clock import ManualClock
from doorbuster.watch.pusher import push_metrics
from doorbuster.watch.snapshots import PATH, encode
from tests.rooms.control.room import Room, open_room
from tests.rooms.watch.test_collector import counted, push

NOBODY_LISTENS = "postgresql://nobody@127.0.0.1:9/nothing"
TRIED = metrics.counter("doorbuster_test_tries_total", "What the tests of the pusher count.")


async def eventually(fact: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(30):
        while not fact():  # noqa: ASYNC110 - what is waited for happens elsewhere and tells nobody
            await asyncio.sleep(0.01)


def requests(room: Room) -> dict[tuple[str, ...], float]:
    """Return the requests that the control plane has counted."""
    return room.house.collector.total("doorbuster_http_requests_total")


@pytest.fixture
async def served(tmp_path: Path, clock: ManualClock):
    """A control room that listens on a port of its own."""
    async with open_room(tmp_path, NOBODY_LISTENS, clock) as room:

        async def with_state(scope, receive, send):
            await room.app({**scope, "state": dict(room.state)}, receive, send)

        server = uvicorn.Server(uvicorn.Config(with_state, port=0, lifespan="off", log_config=None))
        running = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield room, f"http://127.0.0.1:{port}"
        server.should_exit = True
        await running


async def test_a_worker_pushes_at_once_and_once_more_when_it_stops(served: tuple[Room, str]):
    room, url = served
    worker = asyncio.create_task(push_metrics("web-7", url, internal_token("s" * 40)))
    await eventually(lambda: any(each.snapshot.process == "web-7" for each in room.house.collector.living(0.0)))
    before = room.house.collector.total("doorbuster_test_tries_total").get((), 0.0)
    TRIED.add()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert room.house.collector.total("doorbuster_test_tries_total")[()] > before


async def test_a_worker_lives_without_a_control_plane():
    worker = asyncio.create_task(push_metrics("web-7", "http://127.0.0.1:9", "token"))
    await asyncio.sleep(0.1)
    assert not worker.done()
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


@pytest.mark.parametrize(
    ("token", "body", "status"),
    [
        (internal_token("s" * 40), encode(push("web-1", 1, counted(1))), 200),
        (internal_token("s" * 40), b"no msgpack", 400),
        (internal_token("s" * 40), b"", 400),
        (internal_token("another secret"), encode(push("web-1", 1, counted(1))), 401),
        ("", encode(push("web-1", 1, counted(1))), 401),
        (internal_token("s" * 40), b"x" * 5_000_000, 413),
    ],
)
async def test_a_snapshot_needs_the_token_and_a_sensible_body(served: tuple[Room, str], token, body, status):
    _, url = served
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + PATH, data=body, headers={TOKEN_HEADER: token}) as response,
    ):
        assert response.status == status


async def test_a_late_snapshot_is_told_so(served: tuple[Room, str]):
    _, url = served
    headers = {TOKEN_HEADER: internal_token("s" * 40)}
    async with aiohttp.ClientSession() as session:
        statuses = []
        for sequence in (2, 1):
            body = encode(push("web-1", sequence, counted(1)))
            async with session.post(url + PATH, data=body, headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [200, 410]


async def test_metrics_are_for_this_machine_or_whoever_has_the_token(served: tuple[Room, str]):
    room, url = served
    async with aiohttp.ClientSession() as session, session.get(url + "/metrics") as response:
        assert response.status == 200
        assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    stranger = room.visitor("203.0.113.5")
    assert (await stranger.get("/metrics")).status == 403
    assert (await stranger.get("/metrics", authorization=f"Bearer {metrics_token('s' * 40)}")).status == 200
    proxied = room.visitor("127.0.0.1")
    assert (await proxied.get("/metrics", x_forwarded_for="203.0.113.5")).status == 403


async def test_requests_are_counted_by_route_and_never_by_what_was_typed(served: tuple[Room, str]):
    room, _ = served
    for path in ("/healthz", "/no/such/page", "/links/secret-token"):
        await room.visitor().get(path)
    await eventually(lambda: ("control", "unmatched", "GET", "404") in requests(room))
    text = (await room.visitor("127.0.0.1").get("/metrics")).text
    assert 'plane="control",route="/healthz",status="200"' in text
    assert 'route="unmatched",status="404"' in text
    assert 'route="/links/{token}"' in text
    assert "secret-token" not in text
