"""Clients that are slow on purpose: silent, dripping a head, dripping a body. None of them keeps a socket for long."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn

from doorbuster import serving

GREETING = b"HTTP/1.1 200 OK"


async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(serving, "REQUEST_SECONDS_MAX", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http=serving.PatientProtocol, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listening]))
        yield listening.getsockname()[1]
        server.should_exit = True
        await task


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"]
)
async def test_who_does_not_finish_a_request_is_hung_up_on(port: int, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    async with asyncio.timeout(30):
        assert GREETING not in await reader.read()
    writer.close()


async def test_dripping_byte_by_byte_does_not_help(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n")
    ended = asyncio.create_task(reader.read())
    async with asyncio.timeout(30):
        while not ended.done():
            writer.write(b"a: b\r\n")
            await asyncio.sleep(0.05)
    assert GREETING not in await ended


async def test_who_finishes_is_answered_however_long_they_stayed_before(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nfull")
        async with asyncio.timeout(30):
            assert GREETING in await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.4)
    writer.close()
