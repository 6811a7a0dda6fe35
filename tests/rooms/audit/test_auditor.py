"""The auditor finds every kind of drift we can plant, says which rows disagree, and finds none in a sound shop."""

from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest

from doorbuster.audit import run
from doorbuster.errors import Misconfigured

SMALL_SHOP = Path(__file__).with_name("small_shop.sql").read_text()
ID = "00000000-0000-7000-8000-0000000000"
ADA, GRACE = f"{ID}d1", f"{ID}d2"

WAITS = (
    "INSERT INTO waiting_list (id, sale_id, pool_id, customer_key, idempotency_key, quantity, secret) "
    f"SELECT '{ID}f1', sale_id, pool_id, 's:ada', 'k', 1, 'x' FROM holds WHERE id = '{GRACE}'"
)

OFFERED = (
    "INSERT INTO waiting_list (id, sale_id, pool_id, customer_key, idempotency_key, quantity, secret, state, hold_id, "
    "offered_at) SELECT '{id}', sale_id, pool_id, {who}, 'later', 1, 'x', 'offered', id, now() FROM holds "
    f"WHERE id = '{GRACE}'"
)

# What was done behind the shop's back -> the check that must see it -> words that its finding must contain.
PLANTED = {
    "a pool sold more than it has": (
        (
            "ALTER TABLE stock_pools DROP CONSTRAINT stock_pools_never_oversold; "
            f"UPDATE stock_pools SET sold = 11 WHERE id = '{ID}c2'"
        ),
        "pools_oversold",
        "10 on hand but 1 held and 11 sold",
    ),
    "a constraint was dropped": (
        "ALTER TABLE stock_pools DROP CONSTRAINT stock_pools_never_oversold",
        "guards",
        "stock_pools_never_oversold is missing",
    ),
    "the ledger's guard was switched off": (
        "ALTER TABLE stock_movements DISABLE TRIGGER stock_movements_append_only",
        "guards",
        "is switched off",
    ),
    "a unit was sold without a movement": (
        f"UPDATE stock_pools SET sold = sold + 1 WHERE id = '{ID}c2'",
        "pools_against_ledger",
        "10/1/2, its movements add up to 10/1/1",
    ),
    "stock appeared out of nothing": (
        f"UPDATE stock_pools SET on_hand = on_hand + 5 WHERE id = '{ID}c1'",
        "pools_against_ledger",
        "95/0/0",
    ),
    "a delivery was written down and never counted": (
        f"INSERT INTO stock_movements (pool_id, kind, on_hand_delta) VALUES ('{ID}c1', 'received', 999910)",
        "pools_against_ledger",
        "its movements add up to 1000000/0/0",
    ),
    "a hold was let go without its pool": (
        f"UPDATE holds SET state = 'expired' WHERE id = '{GRACE}'",
        "pools_against_holds",
        "counts 1 held, its 0 living holds hold 0",
    ),
    "a hold was sold without its pool": (
        f"UPDATE holds SET state = 'sold' WHERE id = '{GRACE}'",
        "pools_against_sold",
        "counts 1 sold, its sold holds took 2",
    ),
    "a hold grew after it was granted": (
        f"UPDATE holds SET quantity = 3 WHERE id = '{ADA}'",
        "holds_against_ledger",
        f"hold {ADA} is sold with 3",
    ),
    "a movement names a hold that is not there": (
        f"INSERT INTO stock_movements (pool_id, kind, hold_id) VALUES ('{ID}c2', 'held', '{ID}99')",
        "movements_astray",
        "its hold does not exist",
    ),
    "a hold names another sale's pool": (
        f"UPDATE holds SET pool_id = '{ID}c1' WHERE id = '{GRACE}'",
        "holds_astray",
        "belongs to another sale",
    ),
    "a network counts a unit that nobody there holds": (
        f"INSERT INTO pool_networks (pool_id, network, held, maximum) VALUES ('{ID}c2', 'n:one', 1, 5)",
        "networks_against_holds",
        "network n:one: counted 1 held",
    ),
    "somebody waits whom the pool does not count": (
        WAITS,
        "lines_counted",
        "counts 0 waiting, 1 have a place",
    ),
    "somebody in line was overtaken": (
        f"{WAITS}; UPDATE stock_pools SET waiting = 1; " + OFFERED.format(id=f"{ID}f2", who="customer_key"),
        "lines_overtaken",
        "was offered a unit",
    ),
    "somebody was offered what is held for another": (
        OFFERED.format(id=ID + "f3", who="'s:eve'"),
        "lines_offers",
        "is offered with hold",
    ),
    "a hold that ran out was never swept": (
        f"UPDATE holds SET expires_at = now() - interval '10 minutes' WHERE id = '{GRACE}'",
        "holds_overdue",
        "ran out 600 s ago",
    ),
    "a sale was given units that left no shelf": (
        f"INSERT INTO stock_movements (pool_id, kind, on_hand_delta) VALUES ('{ID}c2', 'allocated', 4)",
        "allocation",
        "leave 4 units",
    ),
    "a sale offers more than it was given": (
        f"UPDATE sale_items SET units = 12 WHERE pool_id = '{ID}c2'",
        "sale_units",
        "offers 12 of LAMP",
    ),
    "a finished sale kept its leftovers": (
        f"UPDATE sales SET ended_at = now(), leftovers_returned_at = now() WHERE id = '{ID}b1'",
        "leftovers",
        "keeps 8 of LAMP",
    ),
    "a customer's counter forgot a purchase": (
        "UPDATE sale_customers SET sold = 0 WHERE customer_key = 's:ada'",
        "customers_against_holds",
        "customer s:ada: counted 0 held and 0 sold",
    ),
    "an e-mail address was never counted": (
        "DELETE FROM sale_customers WHERE customer_key = 'e:grace@example.com'",
        "customers_against_holds",
        "customer e:grace@example.com",
    ),
    "one person bought twice by e-mail": (
        f"UPDATE holds SET email_key = 'e:ada@example.com' WHERE id = '{GRACE}'",
        "limits",
        "customer e:ada@example.com has 2, the limit is 1",
    ),
    "one key had two holds": (
        (
            "ALTER TABLE holds DROP CONSTRAINT holds_one_effect_per_key;"
            f"UPDATE holds SET customer_key = 's:ada', idempotency_key = 'key-of-ada-000001' WHERE id = '{GRACE}'"
        ),
        "hold_keys",
        "key-of-ada-000001 of s:ada had 2 holds",
    ),
    "one key placed two orders": (
        (
            "ALTER TABLE orders DROP CONSTRAINT orders_one_effect_per_key;"
            "UPDATE orders SET customer_key = 's:ada', idempotency_key = 'order-of-ada-0001' WHERE number = 1002"
        ),
        "order_keys",
        "placed 2 orders: 1001, 1002",
    ),
    "one hold became two orders": (
        f"DROP INDEX order_lines_hold_once; UPDATE order_lines SET hold_id = '{ADA}' WHERE order_id = '{ID}e2'",
        "hold_ordered_twice",
        "is in 2 orders: 1001, 1002",
    ),
    "a sold unit has no order": (
        f"DELETE FROM order_lines WHERE hold_id = '{ADA}'",
        "holds_without_order",
        f"hold {ADA} (sold, 1 at 1500) has 0 order lines",
    ),
    "the order's line costs another price": (
        f"UPDATE order_lines SET unit_price = 1 WHERE hold_id = '{GRACE}'",
        "holds_without_order",
        "(of 1 at 1)",
    ),
    "a cancelled order still keeps its units": (
        "UPDATE orders SET state = 'cancelled' WHERE number = 1002",
        "orders_against_holds",
        "order 1002 is cancelled",
    ),
    "a paid order's hold was released": (
        f"UPDATE holds SET state = 'released' WHERE id = '{ADA}'",
        "orders_against_holds",
        "order 1001 is paid",
    ),
    "an order's total is not its lines'": (
        "UPDATE orders SET items_amount = 1000, total_amount = 1395 WHERE number = 1001",
        "order_totals",
        "lines add up to 1500",
    ),
    "an order counts as paid without money": (
        "UPDATE orders SET state = 'paid' WHERE number = 1002",
        "orders_unpaid",
        "order 1002 is paid over 1895 GBP; of its payments 0 captured",
    ),
    "a payment captured too little": (
        "UPDATE payments SET amount = 1 WHERE gateway_ref = 'ref-1'",
        "orders_unpaid",
        "order 1001 is paid over 1895 GBP",
    ),
    "money was captured for an order that waits": (
        "UPDATE payments SET state = 'captured', captured_at = now() WHERE gateway_ref = 'ref-2'",
        "payments_without_order",
        "for order 1002, which is awaiting_payment",
    ),
    "money counts as given back that never was": (
        "UPDATE payments SET refunded_amount = 5 WHERE gateway_ref = 'ref-1'",
        "refunds",
        "5 of 1895 given back; its refunds gave 0",
    ),
    "a refund gave back too little": (
        (
            "UPDATE payments SET state = 'refund_due' WHERE gateway_ref = 'ref-1';"
            "UPDATE payments SET state = 'refunded', refunded_amount = 5 WHERE gateway_ref = 'ref-1'"
        ),
        "refunds",
        "with 5 of 1895 given back; its refunds gave 0",
    ),
    "a refund hangs": (
        (
            "UPDATE payments SET state = 'refund_due' WHERE gateway_ref = 'ref-1';"
            "INSERT INTO refunds (id, payment_id, amount, reason, created_at) "
            f"VALUES ('{ID}99', '{ID}f1', 1895, 'asked', now() - interval '2 hours')"
        ),
        "payments_unsettled",
        "has been waiting for its refund for 7200 s",
    ),
    "a payment hangs": (
        "UPDATE payments SET created_at = now() - interval '3 hours' WHERE gateway_ref = 'ref-2'",
        "payments_unsettled",
        "has been pending for 10800 s",
    ),
}


@pytest.fixture
def shop_url(database_url):
    execute(database_url, SMALL_SHOP)
    return database_url


async def test_a_shop_in_which_everything_adds_up_is_clean(shop_url):
    report = await run(shop_url)

    assert report.clean, "\n".join(report.lines())
    assert len(report.results) >= 24


async def test_a_new_shop_is_clean(database_url):
    assert (await run(database_url)).clean


@pytest.mark.parametrize("drift", PLANTED)
async def test_a_drift_is_named_with_the_rows_that_disagree(shop_url, drift):
    statements, check, words = PLANTED[drift]
    execute(shop_url, statements)

    report = await run(shop_url)

    found = {result.name: result for result in report.results if not result.clean}
    assert check in found, "\n".join(report.lines())
    assert any(words in finding for finding in found[check].findings), found[check].findings


async def test_every_check_has_a_drift_that_it_finds(database_url):
    report = await run(database_url)

    assert {result.name for result in report.results} == {check for _, check, _ in PLANTED.values()}


async def test_an_audit_changes_nothing_and_stops_nobody(shop_url):
    with closing(psycopg.connect(shop_url)) as buyer:
        buyer.execute("UPDATE stock_pools SET held = held + 1 WHERE sale_id IS NOT NULL")

        report = await run(shop_url)

    assert report.clean


KEPT = [
    {"kind": "hold", "id": ADA, "sku": "LAMP", "quantity": 1, "key": "key-of-ada-000001"},
    {"kind": "order", "id": f"{ID}e1", "number": 1001, "total": 1895, "state": "paid", "hold_id": ADA},
    {"kind": "order", "id": f"{ID}e2", "number": 1002, "total": 1895, "state": "awaiting_payment", "hold_id": GRACE},
]
BROKEN = {
    "a hold is lost": ({**KEPT[0], "id": f"{ID}99"}, f"hold {ID}99 of 1 LAMP was acknowledged and does not exist"),
    "a hold has another quantity": ({**KEPT[0], "quantity": 2}, "told quantity 2, is 1"),
    "a hold is of another thing": ({**KEPT[0], "sku": "VASE"}, "told sku VASE, is LAMP"),
    "a hold is somebody else's": (
        {**KEPT[0], "key": "key-of-grace-0001"},
        "told key key-of-grace-0001, is key-of-ada-000001",
    ),
    "an order is lost": ({**KEPT[1], "id": f"{ID}99"}, "(number 1001) was acknowledged and does not exist"),
    "an order costs another sum": ({**KEPT[1], "total": 1}, "told total 1, is 1895"),
    "a paid order is not paid": ({**KEPT[2], "state": "paid"}, "told state paid, is awaiting_payment"),
    "an order is of another hold": ({**KEPT[1], "hold_id": GRACE}, "told hold"),
}


async def test_answers_that_were_kept_are_found_kept(shop_url, tmp_path):
    report = await run(shop_url, acknowledged=written(tmp_path, KEPT))

    assert report.clean, "\n".join(report.lines())
    assert {result.name: result.looked_at for result in report.results}["told_orders"] == 2


@pytest.mark.parametrize("case", BROKEN)
async def test_an_answer_that_was_not_kept_is_told(shop_url, tmp_path, case):
    told, words = BROKEN[case]

    report = await run(shop_url, acknowledged=written(tmp_path, [*KEPT, told]))

    findings = [finding for result in report.results for finding in result.findings]
    assert len(findings) == 1
    assert words in findings[0]


async def test_a_file_of_nonsense_is_refused_with_its_line(shop_url, tmp_path):
    path = tmp_path / "told.jsonl"
    path.write_text('{"kind": "hold"}\n')

    with pytest.raises(Misconfigured, match=r"told\.jsonl, line 1 is no acknowledged answer"):
        await run(shop_url, acknowledged=path)


def written(folder, answers):
    path = folder / "told.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(told) for told in answers))
    return path


def execute(url, statements):
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute(statements)
