"""What every test may ask for: a real PostgreSQL, and in it a database of the test's own with today's schema."""

import asyncio
import faulthandler
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import hypothesis
import psycopg
import pytest

from doorbuster.clock import ManualClock
from doorbuster.database import Database, embedded, open_database
from doorbuster.database.migrate import migrate

TEMPLATE = "template_of_tests"

# How long an example takes says something of the machine and of what else it does, and nothing of the shop.
hypothesis.settings.register_profile("house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")


TEST_SECONDS_MAX = 400


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """Let no test hang for ever: its process tells where it stands and ends, and pytest says which test that was."""
    faulthandler.dump_traceback_later(TEST_SECONDS_MAX, exit=True, file=sys.__stderr__)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL started for this test process, by the same code that `doorbuster up` uses."""
    with embedded.running(tmp_path_factory.mktemp("postgres")) as url:
        _execute(url, f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(migrate(_with_database(url, TEMPLATE)))
        yield url


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A database without a schema."""
    yield from _database_of_a_test(server_url, "template0")


@pytest.fixture
def database_url(server_url: str) -> Iterator[str]:
    """A database with today's schema and functions, dropped after the test."""
    yield from _database_of_a_test(server_url, TEMPLATE)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The same database, opened."""
    async with open_database(database_url, connections=8, application="test") as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until it is moved."""
    return ManualClock()


def _database_of_a_test(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _with_database(server_url, name)
    _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statement)


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
