"""The control room, with a database and without."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doorbuster.clock import ManualClock
from doorbuster.database import Database
from tests.rooms.control.room import Room, open_room
from tests.rooms.shop.conftest import Scene

NOBODY_LISTENS = "postgresql://nobody@127.0.0.1:9/nothing"


@pytest.fixture
async def room(tmp_path: Path, database_url: str, clock: ManualClock) -> AsyncIterator[Room]:
    """A control room beside a healthy database."""
    async with open_room(tmp_path, database_url, clock) as opened:
        yield opened


@pytest.fixture
async def dark_room(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Room]:
    """A control room whose database does not answer."""
    async with open_room(tmp_path, NOBODY_LISTENS, clock) as opened:
        yield opened


@pytest.fixture
def scene(database: Database, database_url: str) -> Scene:
    return Scene(database, database_url)
