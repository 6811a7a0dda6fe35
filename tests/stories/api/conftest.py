"""One worker of the shop, the real process, with a small shelf behind it."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.conftest import _database_of_a_test
from tests.stories.api.client import Program

SHELF = Path(__file__).with_name("shelf.sql").read_text()


@pytest.fixture(scope="session")
def shelf_url(server_url):
    """A database with the shelf, for all stories of the API."""
    for url in _database_of_a_test(server_url, "template_of_tests"):
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(SHELF)
        yield url


@pytest.fixture(scope="session")
def shop_url(shelf_url, tmp_path_factory):
    """The address of the worker."""
    ready, tell = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        environment = {
            **os.environ,
            "DATABASE_URL": shelf_url,
            "DOORBUSTER_HOME": str(tmp_path_factory.mktemp("home")),
            "PUBLIC_URL": url,
        }
        words = [sys.executable, "-m", "doorbuster", "run-worker", "--name", "web-1"]
        fds = ["--ready-fd", str(tell), "--listen-fd", str(listening.fileno())]
        worker = subprocess.Popen([*words, *fds], env=environment, pass_fds=(tell, listening.fileno()))
    os.close(tell)
    with os.fdopen(ready) as told:
        assert told.readline() == "ready\n"
    yield url
    worker.terminate()
    assert worker.wait(20) in (0, -15)


@pytest.fixture
def program(shop_url):
    """A client of the API."""
    return Program(shop_url)
