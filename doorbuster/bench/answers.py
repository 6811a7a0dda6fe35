"""What is answered without a claim: "nothing left" against hello world, sale pages against the same bytes, products."""

import asyncio
from http.client import HTTPConnection
from urllib.parse import urlsplit

from doorbuster.bench import load, servers
from doorbuster.bench.ground import Ground
from doorbuster.bench.hello import Kept, keep
from doorbuster.bench.measures import Measure, rate, ratio
from doorbuster.bench.rounds import Pace, Say, Turn, in_turns, medians
from doorbuster.errors import DoorbusterError
from doorbuster.guard.policy import DEFAULTS, Policy
from doorbuster.sale.sales import Sale

UNITS = 10
OWN_HEADERS = frozenset({"date", "server", "connection", "request-id", "age"})


async def nothing_left(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Compare refusals of an exhausted sale with hello world, both as answers to the same claims."""
    turns: dict[str, Turn] = {
        "hello world": lambda: hello_per_second(ground, pace.seconds),
        "nothing left": lambda: _refusals(ground, pace.seconds),
    }
    hello, refused = medians(await in_turns(pace, turns, say)).values()
    told = f"refusals {rate(refused)}, hello world {rate(hello)}"
    return [Measure("sold-out answers / hello world", ratio(refused, hello), "ratio", at_least=0.95, absolutes=told)]


async def sale_pages(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Compare the sale's page, plain, zipped and unchanged, with the same bytes from a bare application."""
    sale = await ground.fresh_sale()
    ways = await _kept_pages(ground, sale)
    turns: dict[str, Turn] = {}
    for name, how in ways.items():
        turns[f"{name}, the same bytes"] = _bare_turn(ground, name, how, pace.seconds)
        turns[f"{name}, the shop"] = _page_turn(ground, sale, how, pace.seconds)
    got = medians(await in_turns(pace, turns, say))
    found = []
    for name in ways:
        shop, bare = got[f"{name}, the shop"], got[f"{name}, the same bytes"]
        told = f"{rate(shop)} against {rate(bare)}"
        found.append(
            Measure(f"sale page, {name} / same bytes", ratio(shop, bare), "ratio", at_least=0.9, absolutes=told)
        )
    return found


async def product_pages(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Report product pages a second, each with a query never seen before, so that none comes from a cache."""
    got = medians(await in_turns(pace, {"products": lambda: _products(ground, pace.seconds)}, say))
    return [Measure("product pages, uncached", got["products"], "pages/s")]


async def turned_away(ground: Ground, pace: Pace, say: Say) -> list[Measure]:
    """Compare what the gate refuses with the same bytes from a bare application."""
    ground.set_policy(Policy(DEFAULTS.limits, closed=("browse",)))
    try:
        async with servers.shop(ground, 1) as shop:
            keep(ground.kept, "refused", await asyncio.to_thread(_answer, shop.url, "/collections", {}))
        turns: dict[str, Turn] = {
            "the same bytes": lambda: _bare_refusals(ground, pace.seconds),
            "the gate": lambda: _gate_refusals(ground, pace.seconds),
        }
        bare, refused = medians(await in_turns(pace, turns, say)).values()
    finally:
        ground.set_policy(DEFAULTS)
    told = f"refusals {rate(refused)}, the same bytes {rate(bare)}"
    return [Measure("refusals of the gate / same bytes", ratio(refused, bare), "ratio", at_least=0.9, absolutes=told)]


async def _bare_refusals(ground: Ground, seconds: float) -> float:
    async with servers.hello(ground.kept) as hello:
        return await _all_refused(f"{hello.url}/refused", seconds)


async def _gate_refusals(ground: Ground, seconds: float) -> float:
    async with servers.shop(ground, 1) as shop:
        return await _all_refused(f"{shop.url}/collections", seconds)


async def _all_refused(address: str, seconds: float) -> float:
    await load.press(address, "page", load.WARM_SECONDS, "plain")
    pressed = await load.press(address, "page", seconds, "plain")
    if pressed.refused != pressed.requests:
        raise DoorbusterError(f"only {pressed.refused} of {pressed.requests} were refused")
    return pressed.per_second


async def hello_per_second(ground: Ground, seconds: float, connections: int = load.CONNECTIONS) -> float:
    """Return hello-world answers a second to the claims of `wrk/claim.lua`."""
    async with servers.hello(ground.kept) as hello:
        address = f"{hello.url}/hello"
        await load.press(address, "claim", load.WARM_SECONDS, "SKU", connections=connections)
        return (await load.press(address, "claim", seconds, "SKU", connections=connections)).per_second


async def _refusals(ground: Ground, seconds: float) -> float:
    sale = await ground.fresh_sale(units=UNITS)
    async with servers.shop(ground, 1) as shop:
        address = f"{shop.url}/api/v1/sales/{sale.id}/holds"
        await load.press(address, "claim", load.WARM_SECONDS, sale.items[0].sku)
        pressed = await load.press(address, "claim", seconds, sale.items[0].sku)
    if pressed.refused != pressed.requests or await ground.held_in(sale) != UNITS:
        raise DoorbusterError(f"of {pressed.requests} claims on nothing, {pressed.refused} were refused")
    return pressed.per_second


async def _kept_pages(ground: Ground, sale: Sale) -> dict[str, str]:
    """Leave the shop's own answers to be repeated; return how each is asked for."""
    async with servers.shop(ground, 1) as shop:
        address = (shop.url, f"/sales/{sale.handle}")
        plain = await asyncio.to_thread(_answer, *address, {})
        zipped = await asyncio.to_thread(_answer, *address, {"Accept-Encoding": "gzip"})
        etag = dict(plain.headers)[b"etag"].decode()
        unchanged = await asyncio.to_thread(_answer, *address, {"If-None-Match": etag})
    if (plain.status, zipped.status, unchanged.status) != (200, 200, 304):
        raise DoorbusterError(f"the sale's page was answered {plain.status}, {zipped.status}, {unchanged.status}")
    for name, answer in {"plain": plain, "zipped": zipped, "unchanged": unchanged}.items():
        keep(ground.kept, name, answer)
    return {"plain": "plain", "zipped": "gzip", "unchanged": etag}


def _answer(url: str, path: str, headers: dict[str, str]) -> Kept:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    kept = [(name.lower(), value) for name, value in response.getheaders() if name.lower() not in OWN_HEADERS]
    return Kept(response.status, [(name.encode(), value.encode()) for name, value in kept], response.read())


def _page_turn(ground: Ground, sale: Sale, how: str, seconds: float) -> Turn:
    async def turn() -> float:
        async with servers.shop(ground, 1) as shop:
            return await _pages_per_second(f"{shop.url}/sales/{sale.handle}", how, seconds)

    return turn


def _bare_turn(ground: Ground, name: str, how: str, seconds: float) -> Turn:
    async def turn() -> float:
        async with servers.hello(ground.kept) as hello:
            return await _pages_per_second(f"{hello.url}/{name}", how, seconds)

    return turn


async def _pages_per_second(address: str, how: str, seconds: float) -> float:
    await load.press(address, "page", load.WARM_SECONDS, how)
    pressed = await load.press(address, "page", seconds, how)
    if pressed.refused:
        raise DoorbusterError(f"{pressed.refused} of {pressed.requests} pages at {address} were refused")
    return pressed.per_second


async def _products(ground: Ground, seconds: float) -> float:
    paths = [f"/products/{handle}" for handle in await ground.product_handles()]
    # What a page costs is asked here, not how many the gate lets through.
    ground.set_policy(Policy(DEFAULTS.limits, gate=False))
    async with servers.shop(ground, 1) as shop:
        await load.press(shop.url, "fresh", load.WARM_SECONDS, *paths)
        pressed = await load.press(shop.url, "fresh", seconds, *paths)
    ground.set_policy(DEFAULTS)
    if pressed.refused:
        raise DoorbusterError(f"{pressed.refused} of {pressed.requests} product pages were refused")
    return pressed.per_second
