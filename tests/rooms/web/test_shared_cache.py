"""What is the same for everybody is made once a second, not once a visitor."""

import asyncio
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from doorbuster.clock import ManualClock
from doorbuster.web.shared_cache import SharedCache

PUBLIC = {"cache-control": "public, max-age=5"}


@dataclass
class Shop:
    """An application that counts how often it was asked, behind the cache, with a clock that the test moves."""

    headers: dict[str, str] = field(default_factory=lambda: dict(PUBLIC))
    status: int = 200
    asked: int = 0
    gate: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.cache = SharedCache(self.answer, self.clock, entries_max=2)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        number = self.asked
        if self.gate is not None:
            await self.gate.wait()
        await Response(f"page {number}", self.status, self.headers)(scope, receive, send)

    async def get(self, path: str = "/", query: str = "", method: str = "GET", gzip: bool = False) -> tuple[int, str]:
        said: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            said.append(message)

        headers = [(b"accept-encoding", b"gzip, br")] if gzip else []
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
        await self.cache(scope, receive, send)
        return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:]).decode()


async def test_a_public_page_is_made_once_while_it_is_fresh() -> None:
    shop = Shop()

    assert [await shop.get() for _ in range(3)] == [(200, "page 1")] * 3


async def test_when_it_went_stale_it_is_made_again() -> None:
    shop = Shop()
    await shop.get()
    shop.clock.advance(5)

    assert await shop.get() == (200, "page 2")


async def test_while_one_visitor_renews_it_the_others_get_the_old_page_at_once() -> None:
    shop = Shop()
    await shop.get()
    shop.clock.advance(5)
    shop.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        renewal = group.create_task(shop.get())
        await asyncio.sleep(0)
        meanwhile = await shop.get()
        shop.gate.set()

    assert meanwhile == (200, "page 1")
    assert renewal.result() == (200, "page 2")


async def test_when_the_renewal_fails_everybody_gets_the_old_page_for_a_while() -> None:
    shop = Shop()
    await shop.get()
    shop.status = 503
    shop.clock.advance(20)
    in_need = await shop.get()
    shop.clock.advance(20)

    assert in_need == (200, "page 1")
    assert (await shop.get())[0] == 503


async def test_what_does_not_call_itself_public_is_never_kept() -> None:
    shop = Shop(headers={"cache-control": "no-store"})

    assert [await shop.get() for _ in range(2)] == [(200, "page 1"), (200, "page 2")]


async def test_an_answer_that_sets_a_cookie_is_never_kept() -> None:
    shop = Shop(headers=PUBLIC | {"set-cookie": "a=b"})
    await shop.get()

    assert await shop.get() == (200, "page 2")


async def test_a_failure_is_never_kept() -> None:
    shop = Shop(status=404)
    await shop.get()

    assert await shop.get() == (404, "page 2")


async def test_other_addresses_and_encodings_are_other_pages() -> None:
    shop = Shop()

    pages = {await shop.get(), await shop.get(query="q=lamp"), await shop.get(gzip=True)}

    assert len(pages) == 3


async def test_a_post_goes_through() -> None:
    shop = Shop()
    await shop.get()

    assert await shop.get(method="POST") == (200, "page 2")


async def test_it_keeps_no_more_pages_than_it_may() -> None:
    shop = Shop()
    for path in ("/a", "/b", "/c"):
        await shop.get(path)

    assert await shop.get("/a") == (200, "page 4")
