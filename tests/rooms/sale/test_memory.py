"""A worker refuses from memory only what is certainly true, and only those who certainly have nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from doorbuster.clock import ManualClock
from doorbuster.database import Database
from doorbuster.database.pool import CALLS
from doorbuster.sale import answers, memory, planning
from doorbuster.sale.expiry import sweep
from doorbuster.sale.memory import LEASE_SECONDS, Known, SaleMemory
from doorbuster.sale.planning import NewItem
from tests.rooms.sale.market import Counter, opened, product, statement

AGE = statement("UPDATE holds SET expires_at = now() - interval '5 seconds'")
PAID = statement("UPDATE stock_pools SET held = 0, sold = held")


@dataclass
class Worker:
    """A worker's memory, with a clock that the test moves."""

    memory: SaleMemory
    clock: ManualClock

    async def reads(self) -> Known:
        await self.memory.refresh()
        return self.memory.live()[0]


def worker(database: Database) -> Worker:
    clock = ManualClock()
    return Worker(SaleMemory(database, clock), clock)


async def test_while_units_are_left_everybody_is_asked_of_the_database(database: Database) -> None:
    await opened(database)

    known = await worker(database).reads()

    assert known.refusal("LAMP", 0.0) is None


async def test_when_every_unit_is_held_the_memory_says_so_and_knows_the_owners(database: Database) -> None:
    counter = Counter(database, await opened(database, units=2))
    await counter.ask("ada", key="one-wish-of-ada-00")
    await counter.ask("grace")

    known = await worker(database).reads()

    assert known.refusal("LAMP", 0.0) == known.refusal(None, 0.0) == "AllHeld"
    assert known.claimants is not None
    assert known.claimants.owners == {"s:ada", "s:grace"}
    assert "one-wish-of-ada-00" in known.claimants.keys


async def test_a_crowd_too_large_to_know_by_heart_is_read_once_not_at_every_look(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "CLAIMANTS_MAX", 1)
    counter = Counter(database, await opened(database, units=2))
    await counter.ask("ada")
    await counter.ask("grace")
    looker, read_before = worker(database), CALLS.values.get(("claimants_of_sale",), 0)

    for _ in range(3):
        assert (await looker.reads()).refusal("LAMP", 0.0) is None

    assert CALLS.values[("claimants_of_sale",)] - read_before == 1


async def test_when_every_unit_is_paid_the_memory_says_sold_out(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    await database.execute(PAID)

    assert (await worker(database).reads()).refusal("LAMP", 0.0) == "SoldOut"


async def test_one_item_being_exhausted_says_nothing_about_the_last_unit_of_another(database: Database) -> None:
    await product(database, "MUG")
    items = [NewItem(sku="LAMP", units=1, price=1999), NewItem(sku="MUG", units=1, price=999)]
    counter = Counter(database, await opened(database, items=items))
    await counter.ask("ada")

    known = await worker(database).reads()

    assert (known.refusal("LAMP", 0.0), known.refusal("MUG", 0.0)) == ("AllHeld", None)


async def test_what_was_read_is_believed_for_the_lease_and_not_a_moment_longer(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    known = await worker(database).reads()

    assert known.refusal(None, LEASE_SECONDS - 0.001) == "AllHeld"
    assert known.refusal(None, LEASE_SECONDS) is None


async def test_before_the_opening_nobody_needs_the_database(database: Database) -> None:
    await opened(database, opens_at=datetime.now(UTC) + timedelta(minutes=5))

    assert (await worker(database).reads()).refusal(None, 0.0) == "NotOpenYet"


async def test_in_the_second_of_the_opening_the_database_decides(database: Database) -> None:
    await opened(database, opens_at=datetime.now(UTC) + timedelta(seconds=0.4))

    known = await worker(database).reads()

    assert known.refusal(None, 0.5) is None


async def test_a_paused_sale_is_asked_of_the_database(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    await planning.pause_sale(database, counter.sale.id)

    assert (await worker(database).reads()).refusal(None, 0.0) is None


async def test_after_the_end_the_memory_says_over(database: Database) -> None:
    counter = Counter(database, await opened(database))
    await counter.ask("ada")
    await planning.end_sale(database, counter.sale.id)

    known = await worker(database).reads()

    assert known.refusal(None, 0.0) == "SaleOver"
    assert known.claimants is not None
    assert known.claimants.owners == {"s:ada"}


async def test_overdue_holds_send_claims_to_the_database_to_be_reclaimed(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    await database.execute(AGE)

    assert (await worker(database).reads()).refusal(None, 0.0) is None


async def test_nobody_can_get_a_returned_unit_while_any_memory_still_denies_it(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    await counter.ask("ada")
    stale = await worker(database).reads()
    read_at = datetime.now(UTC)
    await database.execute(AGE)
    await sweep(database)

    answer = await counter.ask("grace")
    reopens_at = (await counter.now()).items[0].reopens_at

    assert stale.refusal(None, LEASE_SECONDS - 0.001) == "AllHeld"
    assert answer == answers.AllHeld(0)
    assert reopens_at - read_at > timedelta(seconds=LEASE_SECONDS)


async def test_who_became_an_owner_after_a_return_is_known_when_nothing_is_left_again(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    someone = worker(database)
    await counter.ask("ada")
    await someone.reads()
    await database.execute(AGE)
    await sweep(database)
    await database.execute(statement("UPDATE stock_pools SET reopens_at = now() WHERE reopens_at < 'infinity'"))
    assert isinstance(await counter.ask("grace"), answers.Held)

    known = await someone.reads()

    assert known.claimants is not None
    assert "s:grace" in known.claimants.owners
