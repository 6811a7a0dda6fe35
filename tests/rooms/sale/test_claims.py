"""What a claim is told, in its order of precedence, and that a unit is never promised twice."""

import asyncio
from collections import Counter as Tally
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from doorbuster.database import Database
from doorbuster.sale import answers, planning
from doorbuster.sale.holds import claim_batch, hold_of, release
from doorbuster.sale.planning import SaleEdit
from tests.rooms.sale.market import Counter, ledger_of, opened, statement

EXPIRE_NOW = statement("UPDATE holds SET expires_at = now() - interval '1 second' WHERE id = :id")
TAKE_ALL = statement("UPDATE stock_pools SET held = on_hand WHERE sale_id = :sale_id")
STANDING = statement("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
IN_A_MINUTE = timedelta(minutes=1)


def tally(told: list[answers.Answer]) -> dict[str, int]:
    return dict(Tally(answer.name for answer in told))


async def test_a_unit_is_held_at_the_sales_price_for_its_hold_time(database: Database) -> None:
    counter = Counter(database, await opened(database, hold_seconds=120))

    answer = await counter.ask("ada")

    assert isinstance(answer, answers.Held)
    assert (answer.hold.unit_price, answer.hold.currency, answer.hold.quantity) == (1999, "GBP", 1)
    assert timedelta(seconds=110) < answer.hold.expires_at - datetime.now(UTC) <= timedelta(seconds=121)


async def test_the_last_unit_goes_to_exactly_one_of_three_hundred(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))

    told = await counter.ask_all([counter.claim(f"shopper-{n}") for n in range(300)])

    assert tally(told) == {"Held": 1, "AllHeld": 299}


async def test_the_same_key_gets_the_same_hold_again_and_takes_nothing(database: Database) -> None:
    counter = Counter(database, await opened(database))
    first = await counter.ask("ada", key="one-wish-of-ada-00")

    again = await counter.ask("ada", key="one-wish-of-ada-00")

    assert isinstance(first, answers.Held)
    assert again == answers.Replayed(first.hold)
    assert (await counter.now()).held == 1


async def test_the_same_key_for_another_quantity_is_refused(database: Database) -> None:
    counter = Counter(database, await opened(database, limit_per_customer=5))
    await counter.ask("ada", key="one-wish-of-ada-00")

    assert await counter.ask("ada", key="one-wish-of-ada-00", quantity=2) == answers.KeyReused()


async def test_two_customers_may_use_the_same_key(database: Database) -> None:
    counter = Counter(database, await opened(database))

    told = [await counter.ask(who, key="a-rather-common-key") for who in ("ada", "grace")]

    assert tally(told) == {"Held": 2}


async def test_a_double_click_with_two_keys_gets_one_hold(database: Database) -> None:
    counter = Counter(database, await opened(database))

    told = await counter.ask_all([counter.claim("ada", f"click-number-{n}-of-ada") for n in range(5)])

    assert tally(told) == {"Held": 1, "AlreadyYours": 4}


async def test_before_the_opening_everybody_is_told_when(database: Database) -> None:
    opens_at = datetime.now(UTC) + IN_A_MINUTE
    counter = Counter(database, await opened(database, opens_at=opens_at))

    assert await counter.ask("ada") == answers.NotOpenYet(opens_at)


async def test_a_refusal_is_not_remembered_so_the_same_key_gets_a_unit_after_the_opening(database: Database) -> None:
    counter = Counter(database, await opened(database, opens_at=datetime.now(UTC) + IN_A_MINUTE))
    await counter.ask("ada", key="one-wish-of-ada-00")
    await planning.edit_sale(database, counter.sale.id, SaleEdit(opens_at=datetime.now(UTC) - IN_A_MINUTE))

    assert isinstance(await counter.ask("ada", key="one-wish-of-ada-00"), answers.Held)


async def test_a_paused_sale_promises_nothing_and_goes_on_after_it(database: Database) -> None:
    counter = Counter(database, await opened(database))
    await planning.pause_sale(database, counter.sale.id)
    paused = await counter.ask("ada")
    await planning.resume_sale(database, counter.sale.id)

    assert paused == answers.Paused()
    assert isinstance(await counter.ask("ada"), answers.Held)


async def test_after_the_end_the_sale_is_over_but_a_key_still_gets_its_hold(database: Database) -> None:
    counter = Counter(database, await opened(database))
    await counter.ask("ada")
    await planning.end_sale(database, counter.sale.id)

    assert await counter.ask("grace") == answers.SaleOver()
    assert isinstance(await counter.ask("ada"), answers.Replayed)


async def test_after_its_closing_time_the_sale_is_over_without_anybody_ending_it(database: Database) -> None:
    closes_at = datetime.now(UTC) + timedelta(milliseconds=50)
    counter = Counter(database, await opened(database, closes_at=closes_at))
    while datetime.now(UTC) <= closes_at:  # noqa: ASYNC110
        await asyncio.sleep(0.01)

    assert await counter.ask("ada") == answers.SaleOver()


async def test_who_waited_for_the_pools_row_decides_by_what_it_has_become(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))
    async with database.transaction() as somebody:
        await somebody.execute(TAKE_ALL, sale_id=counter.sale.id)
        asked = asyncio.create_task(counter.ask("ada"))
        while not await database.fetch(STANDING):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert await asked == answers.AllHeld(0)


async def test_the_first_of_a_batch_gets_the_last_unit(database: Database) -> None:
    counter = Counter(database, await opened(database, units=1))

    told = await claim_batch(database, [counter.claim(who) for who in ("ada", "grace", "mary")])

    assert [answer.name for answer in told] == ["Held", "AllHeld", "AllHeld"]


async def test_the_limit_counts_what_a_customer_holds(database: Database) -> None:
    counter = Counter(database, await opened(database, limit_per_customer=3))

    assert await counter.ask("ada", quantity=4) == answers.LimitReached(3, 0)


async def test_a_price_that_changed_is_told_before_anything_is_held(database: Database) -> None:
    counter = Counter(database, await opened(database))

    assert await counter.ask("ada", price=1500) == answers.PriceChanged(1999, "GBP")
    assert (await counter.now()).held == 0


async def test_fewer_left_than_asked_for_says_how_many(database: Database) -> None:
    counter = Counter(database, await opened(database, units=3, limit_per_customer=5))
    await counter.ask("ada", quantity=2)

    assert await counter.ask("grace", quantity=2) == answers.AllHeld(1)
    assert isinstance(await counter.ask("grace", quantity=1), answers.Held)


async def test_one_who_wants_too_many_does_not_stand_in_the_way_of_one_who_wants_few(database: Database) -> None:
    counter = Counter(database, await opened(database, units=2, limit_per_customer=5))
    claims = [counter.claim("ada"), counter.claim("grace", quantity=2), counter.claim("linus")]

    told = await counter.ask_all(claims)

    assert [answer.name for answer in told] == ["Held", "AllHeld", "Held"]


async def test_a_hold_is_seen_by_its_owner_only(database: Database) -> None:
    counter = Counter(database, await opened(database))
    answer = await counter.ask("ada")
    assert isinstance(answer, answers.Held)

    assert await hold_of(database, answer.hold.id, "s:grace") is None
    owned = await hold_of(database, answer.hold.id, "s:ada")
    assert owned is not None
    assert (owned.sku, owned.state, owned.sale_handle) == ("LAMP", "held", "lamps")


async def test_only_the_owner_can_give_a_hold_back(database: Database) -> None:
    counter = Counter(database, await opened(database))
    answer = await counter.ask("ada")
    assert isinstance(answer, answers.Held)

    assert not await release(database, answer.hold.id, "s:grace")
    assert await release(database, answer.hold.id, "s:ada")
    assert not await release(database, answer.hold.id, "s:ada")
    assert (await counter.now()).held == 0


async def test_a_unit_given_back_can_be_held_by_the_same_customer_again(database: Database) -> None:
    counter = Counter(database, await opened(database))
    first = await counter.ask("ada", key="first-wish-of-ada-0")
    assert isinstance(first, answers.Held)
    await release(database, first.hold.id, "s:ada")

    assert isinstance(await counter.ask("ada", key="second-wish-of-ada"), answers.Held)


async def test_ledger_and_counters_agree_after_a_crowd(database: Database) -> None:
    counter = Counter(database, await opened(database, units=50))
    await counter.ask_all([counter.claim(f"shopper-{n}") for n in range(120)])

    assert await ledger_of(database, counter.sale.items[0].pool_id) == (50, 50, 0)


@pytest.mark.parametrize("workers", [2, 4])
async def test_several_workers_together_promise_each_unit_once(database: Database, workers: int) -> None:
    import asyncio

    counter = Counter(database, await opened(database, units=40))
    crowds = [[counter.claim(f"worker-{w}-shopper-{n}") for n in range(60)] for w in range(workers)]

    told = await asyncio.gather(*(counter.ask_all(crowd) for crowd in crowds))

    assert tally([answer for answers_ in told for answer in answers_])["Held"] == 40
    assert (await counter.now()).held == 40


wishes = some.lists(some.tuples(some.integers(0, 9), some.integers(1, 4)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wishes=wishes, units=some.integers(0, 25), limit=some.integers(1, 6))
async def test_whatever_is_wished_units_limits_and_ledger_hold(
    database: Database, wishes: list[tuple[int, int]], units: int, limit: int
) -> None:
    from doorbuster.clock import new_id
    from doorbuster.sale.planning import Done, create_sale
    from tests.rooms.sale.market import plan, product

    name = new_id().hex[-12:]
    await product(database, f"P{name}", units=100)
    done = await create_sale(database, plan(f"P{name}", units, handle=f"sale-{name}", limit_per_customer=limit))
    assert isinstance(done, Done)
    counter = Counter(database, done.sale)

    claims = [counter.claim(f"who-{who}", f"key-{n}-0123456789", many) for n, (who, many) in enumerate(wishes)]
    told = await counter.ask_all(claims)

    got: Tally[str] = Tally()
    for claim, answer in zip(claims, told, strict=True):
        if isinstance(answer, answers.Held):
            got[claim.caller.customer_key] += answer.hold.quantity
    sale = await counter.now()
    assert sale.held == sum(got.values()) <= units
    assert max(got.values(), default=0) <= limit
    assert await ledger_of(database, sale.items[0].pool_id) == (units, sale.held, 0)
