"""Units come back when nobody paid in time, and the next owner gets them a moment later, never two owners at once."""

import asyncio

from doorbuster.database import Database
from doorbuster.sale import answers
from doorbuster.sale.expiry import sweep
from tests.rooms.sale.market import Counter, ledger_of, opened, statement

AGE = statement("UPDATE holds SET expires_at = now() - interval '1 second'")
REOPENED = statement("UPDATE stock_pools SET reopens_at = now() WHERE reopens_at > now() AND reopens_at < 'infinity'")


async def test_an_overdue_hold_gives_its_unit_back(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    await database.execute(AGE)

    assert await sweep(database) == 1

    assert (await counter.now()).left == 1
    assert await ledger_of(database, counter.sale.items[0].pool_id) == (1, 0, 0)


async def test_a_hold_in_time_is_left_alone(database: Database) -> None:
    counter = Counter(database, await opened(database))
    await counter.ask("ada")

    assert await sweep(database) == 0
    assert (await counter.now()).held == 1


async def test_a_returned_unit_waits_until_no_worker_can_believe_it_gone(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    await database.execute(AGE)
    await sweep(database)

    at_once = await counter.ask("grace")
    await database.execute(REOPENED)
    later = await counter.ask("grace")

    assert at_once == answers.AllHeld(0)
    assert isinstance(later, answers.Held)


async def test_without_the_sweeper_a_claim_reclaims_what_is_overdue_for_those_who_come_next(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    await database.execute(AGE)

    first = await counter.ask("grace")
    second = await counter.ask("grace")
    await database.execute(REOPENED)
    third = await counter.ask("grace")

    assert (first, second) == (answers.AllHeld(0), answers.AllHeld(0))
    assert isinstance(third, answers.Held)


async def test_a_key_whose_hold_expired_is_told_so(database: Database) -> None:
    counter = Counter(database, await opened(database))
    await counter.ask("ada")
    await database.execute(AGE)
    await sweep(database)

    answer = await counter.ask("ada")

    assert isinstance(answer, answers.Replayed)
    assert answer.hold.state == "expired"


async def test_claims_and_sweeps_at_once_keep_the_books(database: Database) -> None:
    counter = Counter(database, await opened(database, units=20, limit_per_customer=1))

    async def sweeping() -> None:
        for _ in range(10):
            await database.execute(AGE)
            await sweep(database)
            await database.execute(REOPENED)

    crowd = [counter.claim(f"shopper-{n}") for n in range(200)]
    await asyncio.gather(sweeping(), *(counter.ask_all(crowd[n : n + 20]) for n in range(0, 200, 20)))

    sale = await counter.now()
    assert 0 <= sale.held <= 20
    assert await ledger_of(database, sale.items[0].pool_id) == (20, sale.held, 0)
