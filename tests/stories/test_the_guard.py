"""An operator pulls a lever at three in the morning: in every worker within moments, with the database gone."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cast import RunningShop, eventually, told


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    running = RunningShop.open(tmp_path_factory.mktemp("guarded"), TRUSTED_PROXIES="127.0.0.1", WORKERS="2")
    yield running
    running.close()


def knock(shop: RunningShop, path: str, address: str = "81.2.69.7") -> tuple[int, dict[str, str], bytes]:
    """Ask on a connection of one's own, so that now this worker answers and now that."""
    connection = http.client.HTTPConnection(urlsplit(shop.url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={"X-Forwarded-For": address})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def limit(shop: RunningShop, *words: str) -> str:
    status, said = told(shop.home, "limit", *words, CONTROL_PORT=str(urlsplit(shop.control_url).port))
    assert status == 0, said
    return said


def refusal(shop: RunningShop, path: str, address: str) -> tuple[int, dict[str, str], bytes]:
    """Ask until one is refused: each worker lets the first pass."""
    return next(reply for reply in (knock(shop, path, address) for _ in range(20)) if reply[0] == 429)


def refused(shop: RunningShop, address: str) -> int:
    return sum(knock(shop, "/api/v1/products", address)[0] == 429 for _ in range(12))


def test_a_lever_is_in_force_in_every_worker_and_its_undoing_too(shop: RunningShop) -> None:
    assert refused(shop, "81.2.1.1") == 0
    said = limit(shop, "set", "browse", "--rate", "0.01", "--burst", "1", "--reason", "a scraper", "--for", "10m")
    # Two workers, each with its own count of one.
    eventually(lambda: refused(shop, f"81.2.{os.urandom(1)[0]}.9") >= 10, "the limit is in force in both workers")

    status, headers, body = refusal(shop, "/api/v1/products", "81.2.1.1")
    document = json.loads(body)
    assert (status, document["type"].rpartition("/")[2]) == (429, "too-many-requests")
    assert int(headers["retry-after"]) >= 1
    explained = limit(shop, "explain", document["refusal"])
    assert "browse (look around" in explained
    assert "a scraper" in explained

    limit(shop, "undo", said.split()[1].rstrip(":"))
    eventually(lambda: refused(shop, f"81.3.{os.urandom(1)[0]}.9") == 0, "the limit is lifted in both workers")


def test_an_operator_sees_what_a_change_would_have_refused_before_making_it(shop: RunningShop) -> None:
    for _ in range(12):
        knock(shop, "/api/v1/products", "81.9.1.1")

    said = limit(shop, "set", "browse", "--rate", "0.01", "--burst", "1", "--dry-run")
    assert "2 of 2 workers answered" in said
    assert "Not all of them remember five minutes" in said
    refused, asked = re.findall(r"would have refused ([\d,]+) of ([\d,]+)", said)[0]
    assert int(asked) >= 12
    assert int(refused) >= 10
    assert refused_by(limit(shop, "set", "browse", "--rate", "1000", "--burst", "1000", "--dry-run")) == 0
    port = str(urlsplit(shop.control_url).port)
    status, said = told(shop.home, "lane", "close", "search", "--dry-run", CONTROL_PORT=port)
    assert (status, "workers answered" in said) == (0, True)
    assert refused_in_truth(shop) == 0


def refused_by(said: str) -> int:
    return int(re.findall(r"would have refused ([\d,]+) of", said)[0])


def refused_in_truth(shop: RunningShop) -> int:
    return refused(shop, f"81.10.{os.urandom(1)[0]}.9")


def test_a_lever_needs_no_database(shop: RunningShop) -> None:
    postmaster = next(pid for pid, command in shop.processes().items() if "-D " in command and "postgres" in command)
    os.kill(postmaster, signal.SIGSTOP)
    try:
        number = (
            limit(shop, "set", "sale", "--rate", "0.01", "--burst", "1", "--reason", "drill").split()[1].rstrip(":")
        )
        eventually(
            lambda: [knock(shop, "/sales/none", "81.4.9.9")[0] for _ in range(4)][-1] == 429,
            "in force without PostgreSQL",
        )
        limit(shop, "undo", number)
    finally:
        os.kill(postmaster, signal.SIGCONT)


def closed(shop: RunningShop, path: str) -> list[tuple[int, dict[str, str], bytes]]:
    """Ask eight times, each time for something that no cache has, and return who was refused for load."""
    paths = [f"{path}{os.urandom(4).hex()}" for _ in range(8)]
    return [reply for reply in (knock(shop, each, f"81.7.{os.urandom(1)[0]}.3") for each in paths) if reply[0] == 503]


def test_an_operator_closes_a_lane_and_only_that_one(shop: RunningShop) -> None:
    status, said = told(shop.home, "lane", "close", "search", "--reason", "searches drown the database", "--for", "10m")
    assert status == 0, said
    eventually(lambda: len(closed(shop, "/search?q=")) == 8, "the lane is closed in both workers")

    _, headers, body = closed(shop, "/search?q=")[0]
    assert int(headers["retry-after"]) >= 30
    refusal_id = body.decode().partition("<code>")[2].partition("</code>")[0]
    assert "An operator had closed this lane" in limit(shop, "explain", refusal_id)
    assert closed(shop, "/collections?page=") == []

    assert told(shop.home, "lane", "open", "search")[0] == 0
    eventually(lambda: not closed(shop, "/search?q="), "the lane is open in both workers")


def test_an_operator_leaves_out_what_buyers_miss_least(shop: RunningShop) -> None:
    assert "left out" not in told(shop.home, "brownout", "list")[1]
    assert told(shop.home, "brownout", "set", "4", "--reason", "a rehearsal", "--for", "10m")[0] == 0
    eventually(
        lambda: all(
            b"filters and sorting rest" in knock(shop, f"/search?q={os.urandom(4).hex()}")[2] for _ in range(6)
        ),
        "both workers stand on the step",
    )

    assert told(shop.home, "brownout", "auto")[0] == 0
    assert told(shop.home, "brownout", "auto")[0] == 1


def test_the_page_of_a_refusal_is_a_page_of_the_shop(shop: RunningShop) -> None:
    limit(shop, "set", "browse", "--rate", "0.01", "--burst", "1", "--reason", "looks", "--for", "10m")
    eventually(lambda: refused(shop, f"81.6.{os.urandom(1)[0]}.9") >= 10, "the limit is in force in both workers")
    _, headers, body = refusal(shop, "/search?q=lamp", "81.5.1.1")

    assert headers["content-type"].startswith("text/html")
    assert "content-security-policy" in headers
    assert b"One moment" in body
    assert b"R-" in body
    assert b"@refusal@" not in body


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("set", "brows", "--rate", "1", "--reason", "x"), "there is no class 'brows'"),
        (("set", "browse", "--reason", "x"), "nothing to change"),
        (("set", "browse", "--rate", "2"), "say why: --reason"),
        (("set", "browse", "--rate", "2", "--dry-run"), "does not answer, and only it can ask the workers"),
        (("set", "browse", "--rate", "0", "--reason", "x"), "--rate must be from 0.001"),
        (("set", "browse", "--rate", "1", "--for", "soon", "--reason", "x"), "'soon' is no span of time"),
        (("undo", "4711"), "no lever 4711 is in force"),
        (("explain", "R-NONSENSE"), "is no refusal of this shop"),
    ],
)
def test_a_slip_at_the_command_line_is_told_with_its_mend(
    tmp_path: Path, words: tuple[str, ...], complaint: str
) -> None:
    status, said = told(tmp_path, "limit", *words)

    assert status == 1
    assert complaint in said


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_workers_share_limits_through_a_store_and_the_shop_goes_on_without_it(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    shop = RunningShop.open(tmp_path / "home", TRUSTED_PROXIES="127.0.0.1", WORKERS="2", VALKEY_URL=url)
    try:
        limit(shop, "set", "browse", "--rate", "0.01", "--burst", "6", "--reason", "drill")
        eventually(lambda: refused(shop, f"81.7.{os.urandom(1)[0]}.9") >= 3, "the limit is in force")
        store.kill()
        assert knock(shop, "/api/v1/products", "81.8.1.1")[0] == 200
        eventually(lambda: 'guard_store_up{process="web-1"} 0.0' in metrics_of(shop), "a store that is away is told")
    finally:
        store.kill()
        shop.close()


def metrics_of(shop: RunningShop) -> str:
    with urllib.request.urlopen(f"{shop.control_url}/metrics", timeout=20) as reply:
        return str(reply.read().decode())
