import asyncio

import pytest

from doorbuster.drill.client import Broken, Origin, connect, get
from tests.rooms.drill.double import Request, double_of, http


async def test_a_body_with_a_length_arrives_whole():
    async with double_of(lambda _: _soon(http(200, "hello", x_mood="good"))) as shop:
        reply = await get(shop.url, 2)

    assert (reply.status, reply.body, reply.header(b"x-mood")) == (200, b"hello", "good")


async def test_a_chunked_body_arrives_whole():
    raw = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    async with double_of(lambda _: _soon(raw)) as shop:
        reply = await get(shop.url, 2)

    assert reply.body == b"hello world"


async def test_a_body_that_ends_with_the_connection_arrives_whole():
    async def answer(request: Request) -> bytes | None:
        return b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nall of it" if request.path == "/" else None

    async with double_of(answer) as shop:
        connection = await connect(Origin("http", "127.0.0.1", _port(shop.url)), None, 2)
        waiting = connection.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /end HTTP/1.1\r\nhost: x\r\n\r\n", 2)
        reply = await waiting

    assert reply.body == b"all of it"


async def test_an_interim_answer_is_not_the_answer():
    raw = b"HTTP/1.1 103 Early Hints\r\n\r\n" + http(200, "real")
    async with double_of(lambda _: _soon(raw)) as shop:
        reply = await get(shop.url, 2)

    assert (reply.status, reply.body) == (200, b"real")


async def test_one_connection_carries_many_exchanges():
    async with double_of(lambda request: _soon(http(200, request.path))) as shop:
        connection = await connect(Origin("http", "127.0.0.1", _port(shop.url)), None, 2)
        bodies = [(await connection.send(f"GET /{i} HTTP/1.1\r\nhost: x\r\n\r\n".encode(), 2)).body for i in range(3)]
        connection.close()

    assert bodies == [b"/0", b"/1", b"/2"]
    assert shop.connections == 1


async def test_silence_ends_as_timed_out():
    async with double_of(lambda _: _never()) as shop:
        with pytest.raises(Broken) as caught:
            await get(shop.url, 0.05)

    assert caught.value.kind == "TimedOut"


async def test_a_lost_connection_ends_as_dropped():
    async with double_of(lambda _: _soon(None)) as shop:
        with pytest.raises(Broken) as caught:
            await get(shop.url, 2)

    assert caught.value.kind == "Dropped"
    assert not caught.value.after_first_byte


async def test_nobody_there_is_refused():
    async with double_of(lambda _: _soon(None)) as shop:
        gone = shop.url
    with pytest.raises(Broken) as caught:
        await get(gone, 2)

    assert caught.value.kind == "Refused"


async def test_nonsense_is_garbled():
    async with double_of(lambda _: _soon(b"NONSENSE\r\n\r\n")) as shop:
        with pytest.raises(Broken) as caught:
            await get(shop.url, 2)

    assert caught.value.kind == "Garbled"


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


async def _soon(raw: bytes | None) -> bytes | None:
    return raw


async def _never() -> bytes | None:
    await asyncio.sleep(60)
    return None
