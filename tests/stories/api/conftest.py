"""One worker of the shop, the real process, with a small shelf behind it."""

import os
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
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
    """The address of the worker, with the test gateway beside it."""
    with socket.create_server(("127.0.0.1", 0)) as shop, socket.create_server(("127.0.0.1", 0)) as gateway:
        url = f"http://127.0.0.1:{shop.getsockname()[1]}"
        environment = {
            **os.environ,
            "DATABASE_URL": shelf_url,
            "DOORBUSTER_HOME": str(tmp_path_factory.mktemp("home")),
            "PUBLIC_URL": url,
            "GATEWAY_PORT": str(gateway.getsockname()[1]),
        }
        with process("run-gateway", gateway, environment), process("run-worker", shop, environment):
            yield url


@contextmanager
def process(command, listening, environment):
    """Run one process of the house for the block; it is ready when the block begins."""
    ready, tell = os.pipe()
    inherited = (tell, listening.fileno())
    words = [sys.executable, "-m", "doorbuster", command, "--name", command]
    words += ["--ready-fd", str(tell), "--listen-fd", str(listening.fileno())]
    child = subprocess.Popen(words, env=environment, pass_fds=inherited)
    os.close(tell)
    with os.fdopen(ready) as told:
        assert told.readline() == "ready\n"
    yield
    child.terminate()
    assert child.wait(20) in (0, -15)


@pytest.fixture
def program(shop_url):
    """A client of the API."""
    return Program(shop_url)
