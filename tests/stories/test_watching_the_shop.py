"""Prometheus, Grafana and a collector of traces meet the real shop: what we tell is there, and they understand it."""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from doorbuster.watch.series import open_series
from tests.cast import RunningShop
from tests.house.rooms import ROOT
from tests.stories.collector import Traces, collecting

GUIDE = (ROOT / "docs/guide/watch.md").read_text()
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "deploy/grafana").glob("*.json"))}
METRIC = re.compile(r"\bdoorbuster_[a-z0-9_]+")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: prometheus)")
    return found


@pytest.fixture(scope="module")
def traces() -> Iterator[Traces]:
    with collecting() as opened:
        yield opened


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, traces: Traces) -> Iterator[RunningShop]:
    running = RunningShop.open(
        tmp_path_factory.mktemp("watched"),
        OTEL_EXPORTER_OTLP_ENDPOINT=traces.url, OTEL_BSP_SCHEDULE_DELAY="200", LOG_FORMAT="json",
    )  # fmt: skip
    try:
        yield running
    finally:
        running.close()


async def text_of(url: str) -> str:
    async with aiohttp.ClientSession() as client, client.get(url) as reply:
        assert reply.status == 200
        return await reply.text()


async def metrics_with(shop: RunningShop, *wanted: str) -> str:
    """Read /metrics until all of these are in it."""
    for _ in range(200):
        text = await text_of(f"{shop.control_url}/metrics")
        if all(each in text for each in wanted):
            return text
        await asyncio.sleep(0.1)
    raise AssertionError(f"/metrics never had {[each for each in wanted if each not in text]}")


def expressions(dashboard: str) -> list[str]:
    return [target["expr"] for panel in DASHBOARDS[dashboard]["panels"] for target in panel["targets"]]


def last_values(shop: RunningShop) -> dict[str, float]:
    """The signals of the last ten seconds that were saved."""
    with open_series(shop.home / "series.sqlite", int(time.time())) as series:
        return {name: value for tick in series.recent(10) for name, value in tick.values.items()}


async def test_a_page_from_the_shared_cache_and_a_refusal_are_counted_like_any_request(shop: RunningShop):
    for _ in range(3):
        await text_of(f"{shop.url}/")
    text = await metrics_with(shop, 'route="/",status="200"')

    counted = re.search(r'http_requests_total\{method="GET",plane="shop",route="/",status="200"\} ([\d.]+)', text)
    assert float(counted[1]) >= 3


async def test_a_request_goes_on_in_its_callers_trace_with_its_queries_in_it(shop: RunningShop, traces: Traces):
    trace_id, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    headers = {"traceparent": f"00-{trace_id}-{caller}-01"}
    async with aiohttp.ClientSession(headers=headers) as client, client.get(f"{shop.url}/products/nothing") as reply:
        assert reply.status == 404
    route, query = "GET /products/{handle}", "product_by_handle"
    found = await asyncio.to_thread(traces.of, trace_id, route, query, "wait for a connection")

    request, asked = found[route], found[query]
    told = {each.key: each.value.string_value or each.value.int_value for each in request.attributes}
    assert told == {"http.request.method": "GET", "http.route": "/products/{handle}", "http.response.status_code": 404}
    assert request.parent_span_id.hex() == caller
    assert asked.parent_span_id == request.span_id
    assert request.start_time_unix_nano <= asked.start_time_unix_nano <= asked.end_time_unix_nano


async def test_promtool_has_nothing_to_say_about_our_metrics(shop: RunningShop):
    promtool = program("promtool")
    text = await metrics_with(shop, "doorbuster_db_up 1.0", "doorbuster_db_size_bytes")
    done = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text.encode(), capture_output=True, check=False
    )

    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (0, "", "")


async def test_prometheus_scrapes_the_shop_with_the_file_that_we_ship(shop: RunningShop, tmp_path: Path):
    with prometheus(shop, tmp_path) as url:
        for query in ("doorbuster_db_up", "sum(doorbuster_query_calls_total)", "doorbuster_web_workers"):
            assert await answer(url, query) >= 1


async def test_every_signal_is_in_the_guide(shop: RunningShop):
    await metrics_with(shop, "doorbuster_db_size_bytes")
    for _ in range(300):
        if "http.requests" in (values := last_values(shop)):
            break
        await asyncio.sleep(0.1)
    names = {name.partition(":")[0] for name in values}

    assert {"http.requests", "db.up", "web.workers", "host.cpu_share", "disk.free_share"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in GUIDE and f"`{name}:`" not in GUIDE] == []


@pytest.mark.parametrize("name", DASHBOARDS)
async def test_every_expression_of_a_dashboard_asks_for_something_that_is_there(shop: RunningShop, name: str):
    text = await metrics_with(shop, "doorbuster_db_size_bytes")
    counted = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    signals = {f"doorbuster_{name.replace('.', '_')}" for name in re.findall(r"`([a-z]+\.[a-z_0-9]+):?`", GUIDE)}
    asked = expressions(name)

    assert len(asked) >= 10
    unknown = {
        metric
        for expression in asked
        for metric in METRIC.findall(expression)
        if SUFFIX.sub("", metric) not in counted and re.sub(r"_by_\w+$", "", metric) not in signals
    }
    assert unknown == set()


@pytest.mark.parametrize("name", DASHBOARDS)
def test_every_expression_of_a_dashboard_is_understood(name: str, tmp_path: Path):
    promtool = program("promtool")
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(expressions(name))]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": name, "rules": rules}]}))
    done = subprocess.run([promtool, "check", "rules", file], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr.decode()


class prometheus:  # noqa: N801 - used like a function
    """A real Prometheus that scrapes the shop, for the block."""

    def __init__(self, shop: RunningShop, folder: Path) -> None:
        self._program, self._shop, self._folder = program("prometheus"), shop, folder

    def __enter__(self) -> str:
        address = self._shop.control_url.partition("://")[2]
        shipped = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
        file = self._folder / "prometheus.yml"
        file.write_text(shipped.replace("127.0.0.1:8001", address).replace(": 5s", ": 1s"))
        assert address in file.read_text()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [self._program, f"--config.file={file}", f"--storage.tsdb.path={self._folder / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)


async def answer(url: str, query: str) -> float:
    """Ask Prometheus until it has an answer."""
    async with aiohttp.ClientSession(url) as client:
        for _ in range(200):
            with suppress(aiohttp.ClientError):
                async with client.get("/api/v1/query", params={"query": query}) as reply:
                    found: list[Any] = (await reply.json())["data"]["result"]
                    if found:
                        return float(found[0]["value"][1])
            await asyncio.sleep(0.1)
    raise AssertionError(f"Prometheus never knew {query}")
