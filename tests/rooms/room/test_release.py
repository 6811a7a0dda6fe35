"""The controller: how many are called each second, and that never too many are admitted."""

import random
from typing import Any
from uuid import UUID

import pytest

from doorbuster.database import Database
from doorbuster.room.release import Measured, bound_of, conversion_of, next_step
from doorbuster.sale.holds import Caller, Claim, claim_batch
from doorbuster.sale.planning import Done, create_sale
from tests.rooms.room.conftest import House
from tests.rooms.sale.market import opened, plan, product, statement

ALL_CALLED = statement(
    "WITH r AS (UPDATE rooms SET rate = :rate, serving = tail, allowance = 100 WHERE sale_id = :sale_id RETURNING *) "
    "INSERT INTO room_calls SELECT sale_id, serving, now() FROM r"
)

PAUSED = statement("UPDATE rooms SET paused = :paused")
STRETCHED = statement(
    "SELECT serving, now() - called_at > interval '80 seconds' AS old FROM room_calls ORDER BY serving"
)


def seen(**changes: Any) -> Measured:
    facts: dict[str, Any] = {
        "sale_id": UUID(int=1), "handle": "lamps", "phase": "admitting", "paused": False, "over": False, "seconds": 1.0,
        "tail": 10_000, "serving": 0, "lapsed": 0, "called_long_ago": 0, "came_of_lapsed": 0, "came_of_called": 0,
        "rate": 10.0, "rate_max": None, "pace": 10.0, "no_show": 0.0, "credit": 0.0, "allowance": 0.0, "admitted": 0,
        "refused": 0, "refused_now": 0, "completed": 1000, "units_left": 1000, "units_held": 0,
        "idle": 0, "used": 0, "unused": 0,
    }  # fmt: skip
    return Measured(**facts | changes)


def test_the_rate_grows_by_a_tenth_while_checkout_keeps_up() -> None:
    assert next_step(seen()).rate == pytest.approx(11)


def test_the_rate_does_not_run_away_from_what_is_completed() -> None:
    assert next_step(seen(rate=40.0, completed=100)).rate == pytest.approx(32)
    assert next_step(seen(rate=10.0, completed=0)).rate == pytest.approx(10)


def test_the_rate_falls_by_a_fifth_when_claims_are_refused_for_load() -> None:
    assert next_step(seen(refused_now=1)).rate == pytest.approx(8)
    assert next_step(seen(rate=0.5, refused_now=9)).rate == 0.5


def test_the_operators_ceiling_holds_whatever_is_measured() -> None:
    assert next_step(seen(rate_max=2.0)).rate == 2.0


def test_no_more_are_called_than_wait() -> None:
    assert next_step(seen(tail=3)).serving == 3


def test_passes_stay_within_the_stock() -> None:
    step = next_step(seen(units_left=5, idle=2, serving=10, came_of_called=9))
    assert step.serving == 12
    assert step.allowance <= 3
    assert next_step(seen(units_left=0, units_held=5)).serving == 0


def test_more_are_called_when_many_do_not_come_but_not_more_admitted() -> None:
    step = next_step(seen(no_show=0.5))
    assert step.serving == 22
    assert step.allowance == pytest.approx(11)


def test_no_show_is_a_moving_average_of_at_most_sixty_per_cent() -> None:
    assert next_step(seen(serving=10, called_long_ago=10, came_of_lapsed=5)).no_show == pytest.approx(0.05)
    assert next_step(seen(serving=10, called_long_ago=10, no_show=0.6)).no_show == 0.6


def test_a_paused_room_calls_and_admits_nobody() -> None:
    step = next_step(seen(paused=True, admitted=7, allowance=9.0))
    assert (step.serving, step.allowance) == (0, 7)


def test_sold_out_and_over_are_said() -> None:
    assert next_step(seen(units_left=0)).phase == "sold_out"
    assert next_step(seen(units_left=0, units_held=1)).phase == "admitting"
    assert next_step(seen(phase="sold_out", units_left=1)).phase == "admitting"
    assert next_step(seen(over=True)).phase == "closed"


def test_conversion_is_believed_when_enough_was_seen() -> None:
    assert conversion_of(3, 3) == 1.0
    assert 0.5 < conversion_of(600, 400) < 0.6
    assert conversion_of(0, 100) == 0.4


def test_the_last_units_are_promised_once() -> None:
    assert bound_of(100, 0.5) == 200
    assert bound_of(5, 0.5) < 6
    assert bound_of(0, 0.5) == 0


async def test_never_more_are_admitted_than_the_ceiling_allows(database: Database) -> None:
    """A minute of a crowd of whom many do not come, then all at once: at most one per cent above the ceiling."""
    house = House(database, await opened(database, units=1000))
    await house.open(rate_max=4.0)
    names = [f"v{n}" for n in range(900)]
    for start in range(0, 900, 100):
        await house.enter(*names[start : start + 100])
    order = {position: name for name, position in (await house.positions(names)).items()}
    chance, seconds, passed = random.Random(3), 60, set[str]()
    for second in range(seconds):
        room = await house.second()
        waiting = {order[n]: n for n in range(room.serving) if order[n] not in passed}
        # A fifth does not come, half of the others hesitate; in the last third of the time all come at once.
        coming = {
            name: position
            for name, position in waiting.items()
            if second >= 40 or (position % 5 and chance.random() < 0.5)
        }
        passed |= {name for name, word in zip(coming, await house.words(**coming), strict=True) if word == "Passed"}
    room = await house.room()

    assert room.admitted == len(passed)
    assert len(passed) <= 4.0 * (seconds + 2) * 1.01
    assert len(passed) >= 4.0 * seconds * 0.8


@pytest.mark.parametrize(("rate", "at_once"), [(4.0, 1), (20.0, 2), (60.0, 6)])
async def test_after_a_pause_only_a_tenth_of_a_second_is_made_up_for(
    database: Database, rate: float, at_once: int
) -> None:
    house = House(database, await opened(database, units=1000))
    await house.open("first_come")
    names = [f"v{n}" for n in range(100)]
    await house.enter(*names)
    await database.execute(ALL_CALLED, sale_id=house.sale.id, rate=rate)

    told = await house.admit(**{name: position for position, name in enumerate(names)})
    assert [each.word for each in told] == ["Passed"] * at_once + ["OneMoment"] * (100 - at_once)


async def test_passes_without_a_unit_never_exceed_what_is_left(house: House) -> None:
    await house.open(rate_max=30.0)
    names = [f"v{n}" for n in range(300)]
    for start in range(0, 300, 100):
        await house.enter(*names[start : start + 100])
    order = {position: name for name, position in (await house.positions(names)).items()}
    chance, passed, held = random.Random(5), set[str](), set[str]()
    for _ in range(20):
        room = await house.second()
        coming = {order[n]: n for n in range(room.serving) if order[n] not in passed}
        passed |= {name for name, word in zip(coming, await house.words(**coming), strict=True) if word == "Passed"}
        buyers = sorted(name for name in passed - held if chance.random() < 0.6)
        held |= set(buyers)
        if buyers:
            await claim_batch(house.database, [claim(house, name) for name in buyers])
        assert len(passed - held) <= (await house.room()).units_left * 1.01 + len(buyers)

    assert len(held) == 100
    assert (await house.room()).units_left == 0


async def test_while_a_room_is_paused_only_turns_that_are_not_over_are_stretched(house: House) -> None:
    await house.open("first_come")
    await house.enter("early")
    await house.database.execute(ALL_CALLED, sale_id=house.sale.id, rate=10.0)
    await house.later(100)
    await house.second()
    await house.enter("late")
    await house.database.execute(ALL_CALLED, sale_id=house.sale.id, rate=10.0)
    await house.later(85)
    await house.database.execute(PAUSED, paused=True)
    await house.second(10)

    assert [tuple(row.values()) for row in await house.database.fetch(STRETCHED)] == [(1, True), (2, False)]


async def test_several_sales_are_served_beside_each_other(house: House) -> None:
    await product(house.database, "MUG")
    done = await create_sale(house.database, plan("MUG", handle="mugs"))
    assert isinstance(done, Done)
    other = House(house.database, done.sale)
    await house.open(rate_max=1.0)
    await other.open()
    await house.enter(*[f"a{n}" for n in range(40)])
    await other.enter(*[f"b{n}" for n in range(40)])
    await house.second()

    assert [(await each.room()).serving for each in (house, other)] == [1, 10]
    assert await other.words(b1=9) == ["Passed"]
    assert await house.words(a1=9, b1=0) == ["NotYet", "NoTicket"]


def claim(house: House, name: str) -> Claim:
    return Claim(house.sale, house.sale.items[0].variant_id, 1, Caller(f"s:{name}", f"key-of-{name}-0123456789"))
