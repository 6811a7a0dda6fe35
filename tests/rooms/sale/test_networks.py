"""Who never pays cannot keep a sale's stock from the others: one network's unpaid units of an item are bounded."""

import random
from collections import Counter as Tally
from itertools import count

import pytest

from doorbuster import audit
from doorbuster.database import Database
from doorbuster.errors import ConstraintViolated
from doorbuster.sale import answers
from doorbuster.sale.expiry import sweep
from doorbuster.sale.holds import claim_batch, release
from tests.rooms.sale.market import Counter, opened, statement
from tests.rooms.sale.test_waiting import Line

LAPSE = statement(
    "UPDATE holds SET expires_at = now() - interval '1 second' WHERE network = ANY (:networks) AND state = 'held'"
)
OPEN_POOLS = statement("UPDATE stock_pools SET reopens_at = '-infinity'")
HELD_BY = statement("""
SELECT coalesce(sum(quantity), 0)::int AS held FROM holds WHERE state = 'held' AND network = ANY (:networks)
""")
PAY = statement("""
WITH paid AS (UPDATE holds SET state = 'sold' WHERE id = :id RETURNING id, pool_id, sale_id, customer_key, quantity),
pool AS (UPDATE stock_pools p SET held = held - quantity, sold = sold + quantity FROM paid WHERE p.id = paid.pool_id),
customer AS (UPDATE sale_customers c SET held = held - quantity, sold = sold + quantity FROM paid
              WHERE c.sale_id = paid.sale_id AND c.customer_key = paid.customer_key)
INSERT INTO stock_movements (pool_id, kind, held_delta, sold_delta, hold_id)
SELECT pool_id, 'sold', -quantity, quantity, id FROM paid
""")
NETWORK = statement("SELECT held, waiting, sold, lapsed FROM pool_networks WHERE network = :network")
FORCE = statement("UPDATE pool_networks SET held = held + 1000")
visitor = count()


async def crowd(counter: Counter, network: str | None, size: int, each: int = 1) -> list[answers.Answer]:
    """Let so many strangers of one network claim together."""
    claims = [counter.claim(f"shopper-{next(visitor):06d}", quantity=each, network=network) for _ in range(size)]
    return await claim_batch(counter.database, claims)


def tally(told: list[answers.Answer]) -> dict[str, int]:
    return dict(Tally(answer.name for answer in told))


async def lapse(counter: Counter, *networks: str) -> None:
    """Let the time of everything these networks hold run out, and sweep."""
    await counter.database.execute(LAPSE, networks=list(networks))
    await sweep(counter.database)
    await counter.database.execute(OPEN_POOLS)


async def held_by(counter: Counter, *networks: str) -> int:
    row = await counter.database.fetch_one(HELD_BY, networks=list(networks))
    assert row is not None
    return int(row["held"])


async def pay(counter: Counter, told: list[answers.Answer]) -> None:
    for answer in told:
        if isinstance(answer, answers.Held):
            await counter.database.execute(PAY, id=answer.hold.id)


@pytest.mark.parametrize("size", [6, 7, 40])
async def test_a_network_holds_its_share_unpaid_and_no_more(database: Database, size: int) -> None:
    counter = Counter(database, await opened(database, units=100))

    assert tally(await crowd(counter, "n:one", size)) == {"Held": 5, "NetworkFull": size - 5}


async def test_another_network_is_not_concerned(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    await crowd(counter, "n:one", 40)

    assert tally(await crowd(counter, "n:two", 3)) == {"Held": 3}


async def test_one_batch_of_many_networks_gives_each_its_share(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    claims = [counter.claim(f"mixed-{n:06d}", network=f"n:{n % 4}") for n in range(40)]

    told = await claim_batch(database, claims)

    assert tally(told) == {"Held": 20, "NetworkFull": 20}


async def test_who_comes_from_no_known_network_is_not_bounded(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))

    assert tally(await crowd(counter, None, 60)) == {"Held": 60}


async def test_a_merchant_may_lift_the_bound(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100, network_share_percent=100))

    assert tally(await crowd(counter, "n:office", 60)) == {"Held": 60}


async def test_one_customer_may_always_have_the_limit_however_small_the_share(database: Database) -> None:
    counter = Counter(database, await opened(database, units=10, limit_per_customer=3))

    assert tally(await crowd(counter, "n:home", 1, each=3)) == {"Held": 1}


async def test_paying_makes_room_at_once_so_a_carriers_many_buyers_are_slowed_and_not_banned(
    database: Database,
) -> None:
    counter = Counter(database, await opened(database, units=100))
    bought = 0
    for _ in range(5):
        told = await crowd(counter, "n:carrier", 40)
        await pay(counter, told)
        bought += tally(told).get("Held", 0)

    assert bought == 5 + 10 + 20 + 40 + 25


async def test_networks_that_never_pay_share_one_share_from_their_second_round_on(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    networks = [f"n:bad-{n}" for n in range(10)]
    for network in networks:
        await crowd(counter, network, 10)
    assert await held_by(counter, *networks) == 50

    await lapse(counter, *networks)
    for network in networks:
        await crowd(counter, network, 10)

    assert await held_by(counter, *networks) == 5


async def test_doubtful_networks_in_one_batch_do_not_get_the_share_twice(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    for network in ("n:a", "n:b"):
        await crowd(counter, network, 5)
    await lapse(counter, "n:a", "n:b")

    told = await claim_batch(database, [counter.claim(f"again-{n}", network=f"n:{'ab'[n % 2]}") for n in range(20)])

    assert tally(told) == {"Held": 5, "NetworkFull": 15}


async def test_what_doubtful_networks_hold_is_added_up(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    for network in ("n:a", "n:b", "n:c"):
        await crowd(counter, network, 1)
    await lapse(counter, "n:a", "n:b", "n:c")

    told = [tally(await crowd(counter, network, size)) for network, size in (("n:a", 3), ("n:b", 1), ("n:c", 3))]

    assert told == [{"Held": 3}, {"Held": 1}, {"Held": 1, "NetworkFull": 2}]


async def test_doubtful_networks_get_none_of_the_last_units(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    await crowd(counter, "n:bad", 5)
    await lapse(counter, "n:bad")
    for number in range(18):
        await pay(counter, await crowd(counter, f"n:home-{number}", 5))

    assert tally(await crowd(counter, "n:bad", 3)) == {"NetworkFull": 3}
    assert tally(await crowd(counter, "n:home-0", 3)) == {"Held": 3}


async def test_giving_units_back_before_they_expire_counts_as_not_paying_too(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    (held,) = await claim_batch(database, [counter.claim("mallory", network="n:one")])
    assert isinstance(held, answers.Held)

    await release(database, held.hold.id, "s:mallory")

    row = await database.fetch_one(NETWORK, network="n:one")
    assert row is not None
    assert tuple(row) == (0, 0, 0, 1)


async def test_nothing_left_is_told_before_the_network(database: Database) -> None:
    counter = Counter(database, await opened(database, units=10))
    await crowd(counter, None, 10)

    assert tally(await crowd(counter, "n:one", 3)) == {"AllHeld": 3}


async def test_a_retried_key_is_answered_by_its_hold_though_the_network_is_full(database: Database) -> None:
    counter = Counter(database, await opened(database, units=20))
    first = await claim_batch(database, [counter.claim("ada", network="n:one")])

    again = await claim_batch(database, [counter.claim("ada", network="n:one")])

    assert (first[0].name, again[0].name) == ("Held", "Replayed")


async def test_places_in_line_count_so_that_the_line_is_no_way_around(database: Database) -> None:
    line = Line(Counter(database, await opened(database, units=20)), "")
    await crowd(line.counter, None, 20)
    await line.join("mallory-1", network="n:one")

    assert await line.why_not("mallory-2", network="n:one") == "NetworkFull"


async def test_an_offer_to_the_line_moves_the_place_from_waiting_to_held(database: Database) -> None:
    line = Line(Counter(database, await opened(database, units=20)), "")
    await crowd(line.counter, "n:two", 1)
    await crowd(line.counter, None, 19)
    await line.join("ada", network="n:one")
    await lapse(line.counter, "n:two")
    await line.moment_later()

    row = await database.fetch_one(NETWORK, network="n:one")
    assert row is not None
    assert tuple(row) == (1, 0, 0, 0)
    assert await line.states() == {"ada": "offered"}


async def test_the_bound_is_a_constraint_of_the_database(database: Database) -> None:
    counter = Counter(database, await opened(database, units=100))
    await crowd(counter, "n:one", 1)

    with pytest.raises(ConstraintViolated, match="pool_networks_within_share"):
        await database.execute(FORCE)


@pytest.mark.parametrize("seed", range(3))
async def test_a_sale_sells_out_though_crowds_hold_and_never_pay(
    database: Database, database_url: str, seed: int
) -> None:
    """Four networks of attackers hold what they can, whenever they can; buyers come from networks of their own."""
    chance = random.Random(seed)
    counter = Counter(database, await opened(database, units=100))
    bad = [f"n:bad-{n}" for n in range(4)]
    sold = rounds = 0
    worst = []
    while sold < 100 and rounds < 40:
        rounds += 1
        for network in chance.sample(bad, 4):
            await crowd(counter, network, 20)
        worst.append(await held_by(counter, *bad))
        buyers = [counter.claim(f"buyer-{next(visitor)}", network=f"n:home-{next(visitor)}") for _ in range(20)]
        told = await claim_batch(database, buyers)
        await pay(counter, told)
        sold += tally(told).get("Held", 0)
        await lapse(counter, *bad)

    assert sold == 100, f"seed {seed}"
    assert worst[0] <= 20
    assert max(worst[1:]) <= 5, f"seed {seed}: {worst}"
    assert rounds <= 6
    found = {check.name: check for check in (await audit.run(database_url)).results}
    assert found["networks_against_holds"].clean
