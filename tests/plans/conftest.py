"""One database with today's schema for all plans; nothing is written to it."""

import asyncio
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from doorbuster.database.migrate import migrate


@pytest.fixture(scope="session")
def database_url_of_plans(server_url: str) -> str:
    """A database with today's schema."""
    with closing(psycopg.connect(server_url, autocommit=True)) as connection:
        connection.execute("CREATE DATABASE of_plans")
    url = urlunsplit(urlsplit(server_url)._replace(path="/of_plans"))
    asyncio.run(migrate(url))
    return url
