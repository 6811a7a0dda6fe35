"""What may become of an order, a payment and a refund is written down once, and nothing else can happen."""

import itertools
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from doorbuster.shop.returning import cancel_order, fail_refund, retry_refund
from tests.rooms.shop.conftest import Scene, event
from tests.rooms.shop.payment_picture import picture

GUIDE = Path(__file__).parents[3] / "docs"
STATES = {
    "orders": ("awaiting_payment", "paid", "fulfilled", "cancelled", "refunded"),
    "payments": ("pending", "captured", "failed", "cancelled", "refund_due", "refunded"),
}


async def moves(scene: Scene, noun: str) -> set[tuple[str, str]]:
    rows = await scene.sql("SELECT from_state, to_state FROM state_moves WHERE noun = $1", noun)
    return {(row["from_state"], row["to_state"]) for row in rows}


@pytest.mark.parametrize("noun", STATES)
async def test_only_what_is_written_can_happen(scene: Scene, noun: str) -> None:
    await scene.open_sale()
    await scene.ordered()
    possible = set()
    connection = await asyncpg.connect(scene.url)
    for before, after in itertools.permutations(STATES[noun], 2):
        tried = connection.transaction()
        await tried.start()
        await connection.execute(f"ALTER TABLE {noun} DISABLE TRIGGER {noun}_move_as_written")
        await connection.execute(f"UPDATE {noun} SET state = $1", before)
        await connection.execute(f"ALTER TABLE {noun} ENABLE TRIGGER {noun}_move_as_written")
        with suppress(asyncpg.CheckViolationError):
            await connection.execute(f"UPDATE {noun} SET state = $1", after)
            possible.add((before, after))
        await tried.rollback()
    await connection.close()
    assert possible == await moves(scene, noun)


async def test_the_picture_in_the_guide_is_drawn_from_what_is_written(scene: Scene) -> None:
    rows = await scene.sql("SELECT from_state, to_state, why FROM state_moves WHERE noun = 'payments'")
    assert (GUIDE / "images" / "payment-life.svg").read_text() == picture([tuple(row) for row in rows])


async def test_a_refund_that_the_gateway_refused_is_kept_and_can_be_tried_again(scene: Scene) -> None:
    await scene.open_sale()
    order = await scene.ordered()
    await scene.told(event(order))
    await cancel_order(scene.database, order.order_id, "wrong colour")
    refund = await scene.value("SELECT id FROM refunds")
    assert await fail_refund(scene.database, refund, "no money on the account")
    assert not await fail_refund(scene.database, refund, "again")
    assert await retry_refund(scene.database, order.order_id, refund)
    assert not await retry_refund(scene.database, order.order_id, refund)
    assert await scene.value("SELECT count(*) FROM outbox WHERE kind = 'refund'") == 2
    assert await scene.value("SELECT retries FROM refunds") == 1
