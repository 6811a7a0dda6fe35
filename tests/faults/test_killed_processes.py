"""`kill -9` of anything: what goes on, what comes back, and what never outlives whom."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from doorbuster.database import embedded
from tests.cast import Regular, RunningShop, eventually, is_alive


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    opened = RunningShop.open(tmp_path_factory.mktemp("home") / "shop", WORKERS="2")
    yield opened
    opened.close()


def test_a_killed_worker_is_replaced_and_the_others_answer_meanwhile(shop: RunningShop) -> None:
    killed = shop.pid_of("web-1")
    os.kill(killed, signal.SIGKILL)
    assert [shop.get("/healthz") for _ in range(50)] == [200] * 50
    eventually(lambda: shop.has_said("web-1 │ is back"), "the worker is back")
    assert shop.pid_of("web-1") != killed


def test_the_only_worker_killed_no_waiting_connection_is_lost(shop: RunningShop) -> None:
    shop.tell(signal.SIGTTOU)
    eventually(lambda: shop.has_said("web-2 is gone"), "the second worker is gone")
    os.kill(shop.pid_of("web-1"), signal.SIGKILL)
    assert shop.get("/healthz") == 200


def test_a_worker_can_be_added(shop: RunningShop) -> None:
    before = sum("run-worker" in command for command in shop.processes().values())
    shop.tell(signal.SIGTTIN)
    eventually(lambda: shop.has_said(f"web-{before + 1} is new"), "a worker more")


def test_renewing_all_workers_loses_no_request(shop: RunningShop) -> None:
    netloc = urlsplit(shop.url).netloc
    with ExitStack() as stack:
        regulars = [stack.enter_context(Regular(netloc)) for _ in range(4)]
        shop.tell(signal.SIGHUP)
        eventually(lambda: shop.has_said("web-1 is renewed"), "the worker is renewed")
        answered = sum(regular.answers for regular in regulars)
        eventually(lambda: sum(regular.answers for regular in regulars) > answered + 20, "the new one answers")
    assert [regular.lost for regular in regulars] == [[], [], [], []]


@pytest.mark.parametrize("name", ["control", "jobs", "gateway"])
def test_whoever_else_is_killed_is_replaced(shop: RunningShop, name: str) -> None:
    os.kill(shop.pid_of(name), signal.SIGKILL)
    eventually(lambda: shop.has_said(f"{name} │ is back"), f"{name} is back")


def test_a_killed_postgres_comes_back_and_the_shop_with_it(shop: RunningShop) -> None:
    os.kill(_postmaster(shop.home), signal.SIGKILL)
    eventually(lambda: shop.has_said("everything that was committed is there"), "PostgreSQL is back")
    eventually(lambda: shop.get("/readyz") == 200, "the workers have found it again")


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    shop = RunningShop.open(tmp_path / "home")
    processes = shop.processes()
    shop.supervisor.kill()
    shop.supervisor.wait()
    eventually(lambda: not any(map(is_alive, processes)), "all processes have ended")


def test_after_everything_was_killed_the_next_start_finds_what_was_committed(tmp_path: Path) -> None:
    shop = RunningShop.open(tmp_path / "home")
    with psycopg.connect(_url(shop.home), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'the last console' AS thing")
        processes = [*shop.processes(), shop.supervisor.pid]
        for pid in reversed(processes):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, processes[:-1])), "all processes are dead")
    shop.supervisor.wait()

    shop = RunningShop.open(tmp_path / "home")
    with psycopg.connect(_url(shop.home)) as connection:
        assert connection.execute("SELECT thing FROM kept").fetchone() == ("the last console",)
    assert shop.close() == 0


def _postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def _url(home: Path) -> str:
    url = embedded.address(home)
    assert url is not None
    return url
