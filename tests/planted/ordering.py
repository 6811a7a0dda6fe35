"""Mistakes between a hold and a paid order: placing, carts, prices, limits by e-mail address."""

from tests.planted.bug import Bug, bugs_of

PLACING = bugs_of("doorbuster/shop/placing.function.sql", "tests/rooms/shop/test_placing.py", "tests/properties")
CARTS = bugs_of("doorbuster/shop/cart_order.function.sql", "tests/rooms/shop/test_placing.py", "tests/properties")
PRICING = bugs_of(
    "doorbuster/shop/pricing.function.sql", "tests/rooms/shop/test_money_adds_up.py", "tests/rooms/shop/test_placing.py"
)

ORDERING: tuple[Bug, ...] = (
    PLACING.bug(
        "the same key with another body is taken for a retry of the order",
        "one effect per key",
        "ELSIF v_earlier.request_hash <> (p_wish ->> 'request_hash')::bytea THEN",
        "ELSIF false THEN",
    ),
    PLACING.bug(
        "the order's key is forgotten",
        "one effect per key",
        "WHERE customer_key = p_wish ->> 'customer_key' AND idempotency_key = p_wish ->> 'idempotency_key';",
        "WHERE customer_key = p_wish ->> 'customer_key' AND idempotency_key = '';",
    ),
    PLACING.bug(
        "anybody may order anybody's hold",
        "nobody touches what is another's",
        "IF NOT FOUND OR v_hold.customer_key <> p_wish ->> 'customer_key' THEN",
        "IF NOT FOUND THEN",
    ),
    PLACING.bug(
        "a hold becomes two orders",
        "one promise per unit",
        "  IF FOUND THEN\n    RETURN answered(p_place, 'already_ordered', v_order);\n"
        "  ELSIF v_hold.state = 'released' THEN",
        "  IF v_hold.state = 'released' THEN",
    ),
    PLACING.bug(
        "an expired hold becomes an order",
        "a hold lasts as long as was said",
        "ELSIF v_hold.state <> 'held' OR v_hold.expires_at <= clock_timestamp() THEN",
        "ELSIF v_hold.state <> 'held' THEN",
    ),
    PLACING.bug(
        "the limit by e-mail address is one too high",
        "limit per customer",
        "WHERE c.held + c.sold + excluded.held <= c.maximum;",
        "WHERE c.held + c.sold + excluded.held <= c.maximum + 1;",
    ),
    PLACING.bug(
        "the limit by e-mail address is not asked",
        "limit per customer",
        "ELSIF v_hold.sale_id IS NOT NULL AND NOT count_for_email(",
        "ELSIF v_hold.sale_id IS NOT NULL AND false AND NOT count_for_email(",
    ),
    PLACING.bug(
        "the total that the shopper was shown is not compared",
        "charged is what was agreed",
        "ELSIF v_total <> (p_wish ->> 'expected_total')::numeric OR",
        "ELSIF",
    ),
    PLACING.bug(
        "paying does not lengthen a hold",
        "a promise is never lost",
        "expires_at = greatest(expires_at, least(",
        "expires_at = least(expires_at, least(",
    ),
    PLACING.bug(
        "a hold that is being paid never ends",
        "no unit is stranded",
        "                                                 created_at + make_interval(secs => p_hold_seconds_max)))\n"
        "   WHERE id = v_hold.id;",
        "                                                 'infinity'::timestamptz))\n   WHERE id = v_hold.id;",
    ),
    PLACING.bug(
        "a hold that is being paid never ends, of a plain order",
        "no unit is stranded",
        "h.created_at + make_interval(secs => p_hold_seconds_max)))",
        "'infinity'::timestamptz))",
    ),
    PLACING.bug(
        "paying does not lengthen the hold of a plain order",
        "a promise is never lost",
        "greatest(h.expires_at, least(v_now",
        "least(h.expires_at, least(v_now",
    ),
    PLACING.bug(
        "an expired hold becomes a plain order",
        "a hold lasts as long as was said",
        "h.state = 'held' AND h.expires_at > v_now",
        "h.state = 'held'",
    ),
    PLACING.bug(
        "anybody's hold becomes a plain order of mine",
        "nobody touches what is another's",
        "ON h.customer_key = w.value ->> 'customer_key' AND h.state",
        "ON h.state",
    ),
    PLACING.bug(
        "a plain order is not compared with the total that was agreed to",
        "charged is what was agreed",
        "coalesce((w.value ->> 'expected_total')::bigint, h.quantity * h.unit_price + d.amount)",
        "h.quantity * h.unit_price + d.amount",
    ),
    PLACING.bug(
        "a plain order's address does not count towards the limit",
        "limit per customer",
        "SELECT DISTINCT ON (sale_id, customer) sale_id, customer, quantity, limit_per_customer\n      FROM plain",
        "SELECT DISTINCT ON (sale_id, customer) sale_id, customer, 0, limit_per_customer\n      FROM plain",
    ),
    PLACING.bug(
        "delivery is not charged on a plain order",
        "money adds up",
        "currency, items_amount, shipping_amount, tax, items_amount + shipping_amount, shipping_method,",
        "currency, items_amount, 0, tax, items_amount, shipping_method,",
    ),
    PLACING.bug(
        "delivery is not charged",
        "money adds up",
        "v_order.total_amount := p_priced.items_amount + p_priced.shipping_amount;",
        "v_order.total_amount := p_priced.items_amount;",
    ),
    PLACING.bug(
        "the payment asks for the items alone",
        "money adds up",
        "p_wish ->> 'gateway', v_order.total_amount, p_currency,",
        "p_wish ->> 'gateway', v_order.items_amount, p_currency,",
    ),
    PLACING.bug(
        "the holds are not locked while they become orders",
        "one promise per unit",
        "PERFORM 1 FROM holds WHERE id = ANY (v_holds) ORDER BY id FOR NO KEY UPDATE;",
        "NULL;",
        "tests/races",
    ),
    CARTS.bug(
        "a cart is not locked while it becomes an order",
        "one effect per key",
        "AND customer_key = p_wish ->> 'customer_key' FOR NO KEY UPDATE;",
        "AND customer_key = p_wish ->> 'customer_key';",
        "tests/races",
    ),
    CARTS.bug(
        "the pools are not locked while a cart's units are promised",
        "one promise per unit",
        "   ORDER BY id FOR NO KEY UPDATE;\n  SELECT sku, greatest",
        "   ORDER BY id;\n  SELECT sku, greatest",
        "tests/races",
    ),
    CARTS.bug(
        "held units count as free for a cart",
        "one promise per unit",
        "SELECT id, on_hand - held - sold AS remaining FROM stock_pools",
        "SELECT id, on_hand - sold AS remaining FROM stock_pools",
    ),
    CARTS.bug(
        "anybody may order anybody's cart",
        "nobody touches what is another's",
        "WHERE id = (p_wish ->> 'cart_id')::uuid AND customer_key = p_wish ->> 'customer_key' FOR NO KEY UPDATE;",
        "WHERE id = (p_wish ->> 'cart_id')::uuid FOR NO KEY UPDATE;",
    ),
    CARTS.bug(
        "an ordered cart stays open",
        "one effect per key",
        "UPDATE carts SET state = 'ordered', updated_at",
        "UPDATE carts SET state = 'open', updated_at",
    ),
    CARTS.bug(
        "the ledger does not hear of a cart's units",
        "every unit in the ledger",
        "  SELECT l.pool_id, 'held', l.quantity, l.hold_id, (p_wish ->> 'id')::uuid\n"
        "    FROM jsonb_populate_recordset(NULL::order_lines, p_lines) l;",
        "  SELECT l.pool_id, 'held', l.quantity, l.hold_id, (p_wish ->> 'id')::uuid\n"
        "    FROM jsonb_populate_recordset(NULL::order_lines, p_lines) l WHERE false;",
    ),
    PRICING.bug(
        "tax is rounded half up",
        "money adds up",
        "(2 * rest = divisor AND whole % 2 = 1)",
        "(2 * rest = divisor)",
    ),
    PRICING.bug(
        "delivery is free only above its limit",
        "charged is what was agreed",
        "CASE WHEN p_items_amount >= m.free_from THEN 0",
        "CASE WHEN p_items_amount > m.free_from THEN 0",
    ),
)
