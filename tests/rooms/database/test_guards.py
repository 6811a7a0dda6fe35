"""PostgreSQL itself keeps the promises: whoever goes round the engine is refused by name."""

from typing import Any

import asyncpg
import pytest

from tests.rooms.shop.conftest import Scene, event

ONE_MORE_LINE = """
INSERT INTO order_lines (order_id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price, tax_points,
                         tax_amount)
SELECT order_id, position + 1, variant_id, hold_id, pool_id, sku, title, quantity, unit_price, tax_points, tax_amount
  FROM order_lines
"""
FORBIDDEN = {
    "stock_pools_never_oversold": "UPDATE stock_pools SET held = on_hand - sold + 1 WHERE sale_id IS NOT NULL",
    "stock_pools_not_negative": "UPDATE stock_pools SET held = -1",
    "stock_pools_waiting_not_negative": "UPDATE stock_pools SET waiting = -1",
    "sale_customers_within_limit": "UPDATE sale_customers SET sold = maximum - held + 1",
    "sale_customers_not_negative": "UPDATE sale_customers SET held = -1",
    "holds_quantity_positive": "UPDATE holds SET quantity = 0",
    "holds_one_effect_per_key": "INSERT INTO holds SELECT (jsonb_populate_record(h, jsonb_build_object('id', "
    "gen_random_uuid()))).* FROM holds h",
    "order_lines_hold_once": ONE_MORE_LINE,
    "orders_one_effect_per_key": "INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', "
    "gen_random_uuid(), 'number', 999999))).* FROM orders o",
    "orders_total_adds_up": "UPDATE orders SET total_amount = total_amount - 1",
    "payments_refund_within_amount": "UPDATE payments SET refunded_amount = amount + 1",
    "payments_captured_once": "INSERT INTO payments SELECT (jsonb_populate_record(p, jsonb_build_object('id', "
    "gen_random_uuid(), 'gateway_ref', 'another'))).* FROM payments p",
    "payments_one_per_gateway_ref": "INSERT INTO payments SELECT (jsonb_populate_record(p, jsonb_build_object('id', "
    "gen_random_uuid(), 'state', 'failed'))).* FROM payments p",
    "payments_move_as_written": "UPDATE payments SET state = 'pending'",
    "orders_move_as_written": "UPDATE orders SET state = 'awaiting_payment'",
    "refunds_amount_positive": "INSERT INTO refunds (id, payment_id, amount, reason) "
    "SELECT gen_random_uuid(), id, 0, 'x' FROM payments",
}


@pytest.mark.parametrize("guard", FORBIDDEN)
async def test_a_promise_cannot_be_broken_behind_the_engines_back(scene: Scene, guard: str) -> None:
    await scene.open_sale(units=3, limit=2)
    await scene.told(event(await scene.ordered()))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await scene.sql(FORBIDDEN[guard])
    assert refused.value.constraint_name == guard


@pytest.mark.parametrize("change", ["UPDATE stock_movements SET held_delta = 0", "DELETE FROM stock_movements"])
async def test_the_ledger_cannot_be_rewritten(scene: Scene, change: str) -> None:
    await scene.open_sale()
    with pytest.raises(asyncpg.RestrictViolationError):
        await scene.sql(change)


@pytest.fixture
def scene(database: Any, database_url: str) -> Scene:
    return Scene(database, database_url)
