"""A few rounds of every race, behind a gate and free; the auditor has the last word."""

from collections.abc import AsyncIterator
from random import Random

import asyncpg
import pytest

from doorbuster.database import open_database
from tests.races.races import RACES, Race
from tests.races.ring import CONNECTIONS, Ring
from tests.rooms.shop.conftest import Scene


@pytest.fixture
async def ring(database_url: str) -> AsyncIterator[Ring]:
    async with open_database(database_url, connections=CONNECTIONS, application="races") as database:
        watcher = await asyncpg.connect(database_url)
        yield Ring(Scene(database, database_url), watcher)
        await watcher.close()


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_a_race_ends_as_it_must(ring: Ring, race: Race) -> None:
    for ring.gated in (True, False, True):
        await race(ring, Random(ring.rounds))
    await ring.scene.books_balance()
