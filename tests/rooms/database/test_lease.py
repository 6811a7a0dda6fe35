"""Leases: one doer at a time, followed when it dies."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg

from doorbuster.database import Database
from doorbuster.database.lease import do_alone, renew_lease, return_lease, take_lease
from doorbuster.errors import DatabaseTimeout


async def test_of_two_who_want_it_one_gets_it(database: Database) -> None:
    taken = await asyncio.gather(*[take_lease(database, "sweep", f"jobs:{number}") for number in range(8)])
    assert sum(lease is not None for lease in taken) == 1


async def test_its_holder_can_renew_it(database: Database) -> None:
    lease = await take_lease(database, "sweep", "ada")
    assert lease is not None
    assert await renew_lease(database, lease)


async def test_given_back_it_is_free_at_once_under_a_higher_epoch(database: Database) -> None:
    first = await take_lease(database, "sweep", "ada")
    assert first is not None
    await return_lease(database, first)
    second = await take_lease(database, "sweep", "grace")
    assert second is not None
    assert second.epoch > first.epoch


async def test_whoever_slept_through_its_end_can_neither_renew_it_nor_take_it_from_the_next(
    database: Database, database_url: str
) -> None:
    first = await take_lease(database, "sweep", "ada")
    assert first is not None
    _expire(database_url)
    second = await take_lease(database, "sweep", "grace")
    assert second is not None
    assert not await renew_lease(database, first)
    await return_lease(database, first)
    assert await renew_lease(database, second)


async def test_an_expired_lease_cannot_be_renewed_even_when_nobody_took_it(
    database: Database, database_url: str
) -> None:
    lease = await take_lease(database, "sweep", "ada")
    assert lease is not None
    _expire(database_url)
    assert not await renew_lease(database, lease)


async def test_work_goes_on_after_a_bite_that_failed(database: Database) -> None:
    bites = 0
    done = asyncio.Event()

    async def bite() -> float:
        nonlocal bites
        bites += 1
        if bites == 2:
            raise DatabaseTimeout("too slow")
        if bites == 3:
            done.set()
        return 0.0

    await _done_until(done, database, bite)


async def test_a_doer_that_stops_gives_its_lease_back(database: Database) -> None:
    began = asyncio.Event()

    async def bite() -> float:
        began.set()
        return 60.0

    await _done_until(began, database, bite)
    assert await take_lease(database, "sweep", "grace") is not None


async def _done_until(seen: asyncio.Event, database: Database, bite: Callable[[], Awaitable[float]]) -> None:
    """Let ada do the work alone until the event is seen, and stop her."""
    doing = asyncio.create_task(do_alone(database, "sweep", "ada", bite))
    async with asyncio.timeout(30):
        await seen.wait()
    doing.cancel()
    await asyncio.wait([doing])


def _expire(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE leases SET expires_at = now() - interval '1 second'")
