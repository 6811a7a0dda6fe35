"""Mistakes with money that is charged, late, doubled or given back."""

from tests.planted.bug import Bug, bugs_of

SETTLING = bugs_of(
    "doorbuster/shop/settling.function.sql",
    "tests/rooms/shop/test_settling.py",
    "tests/rooms/shop/test_returning.py",
    "tests/properties",
)
RETURNING = bugs_of(
    "doorbuster/shop/returning.function.sql",
    "tests/rooms/shop/test_returning.py",
    "tests/rooms/shop/test_settling.py",
    "tests/properties",
)
RETRIES = bugs_of(
    "doorbuster/shop/returning.sql", "tests/rooms/shop/test_payment_life.py", "tests/rooms/control/test_payments.py"
)
NEWS = bugs_of("doorbuster/shop/provider_news.function.sql", "tests/rooms/shop/test_provider_news.py")
GATEWAY = bugs_of("doorbuster/shop/hosted_checkout.py", "tests/rooms/shop/test_hosted_checkout.py")
RECONCILER = bugs_of("doorbuster/shop/reconciling.py", "tests/rooms/shop/test_reconciling.py")
LOST = bugs_of("doorbuster/shop/settling.py", "tests/rooms/shop/test_lost_payments.py")
LIFE = bugs_of("doorbuster/database/migrations/0500_payment_life.sql", "tests/rooms/shop/test_payment_life.py")

MONEY: tuple[Bug, ...] = (
    SETTLING.bug(
        "a callback counts as often as it is delivered",
        "money adds up",
        "  IF NOT FOUND THEN\n    RETURN 'duplicate';\n  ELSIF p_event ->> 'kind' <> 'captured' THEN",
        "  IF p_event ->> 'kind' <> 'captured' THEN",
    ),
    SETTLING.bug(
        "a charge of another amount counts as paid",
        "charged is what was agreed",
        "ELSIF p_payment.amount <> (p_event ->> 'amount')::bigint OR",
        "ELSIF",
    ),
    SETTLING.bug(
        "a charge in another currency counts as paid",
        "charged is what was agreed",
        " OR p_payment.currency <> p_event ->> 'currency' THEN",
        " THEN",
    ),
    SETTLING.bug(
        "late money buys a unit that is gone",
        "one promise per unit",
        "IF v_order.state = 'awaiting_payment' AND hold_again(v_order.id) THEN",
        "IF v_order.state = 'awaiting_payment' THEN",
    ),
    SETTLING.bug(
        "late money takes a unit without looking whether one is left",
        "one promise per unit",
        "(h.state = 'sold' OR p.on_hand - p.held - p.sold < h.quantity)",
        "(h.state = 'sold')",
    ),
    SETTLING.bug(
        "late money takes a unit beyond the limit",
        "limit per customer",
        "AND c.held + c.sold + h.quantity > c.maximum;",
        "AND false;",
    ),
    SETTLING.bug(
        "the order of money that came too late stays open",
        "true answers",
        "PERFORM end_unpaid_order(v_order.id, 'paid_too_late');",
        "NULL;",
    ),
    SETTLING.bug(
        "nobody is asked to give late money back",
        "money adds up",
        "  INSERT INTO outbox (kind, payload) VALUES ('refund', jsonb_build_object('refund_id', v_refund));",
        "  NULL;",
    ),
    SETTLING.bug(
        "money for a cancelled order is kept",
        "money adds up",
        "PERFORM send_back(p_payment.id, p_event ->> 'gateway_ref', 'paid for an order that is ' || v_order.state);",
        "NULL;",
    ),
    SETTLING.bug(
        "a paid order writes no mail",
        "work is asked for with the change",
        "SELECT 'order_paid', jsonb_build_object('order_id', sold.id) FROM unnest(v_sold) AS sold(id);",
        "SELECT 'order_paid', jsonb_build_object('order_id', sold.id) FROM unnest(v_sold) AS sold(id) WHERE false;",
    ),
    SETTLING.bug(
        "a restocked unit leaves the ledger with the wrong sign",
        "every unit in the ledger",
        "WHEN 'restocked' THEN -1 ELSE 0 END",
        "WHEN 'restocked' THEN 1 ELSE 0 END",
    ),
    SETTLING.bug(
        "a sold unit stays held as well",
        "every unit in the ledger",
        "CASE p_kind WHEN 'held' THEN 1 WHEN 'sold' THEN -1 WHEN",
        "CASE p_kind WHEN 'held' THEN 1 WHEN 'sold' THEN 0 WHEN",
    ),
    SETTLING.bug(
        "a declined card keeps the hold in payment",
        "no unit is stranded",
        "    UPDATE holds SET state = 'held'\n     WHERE id IN",
        "    UPDATE holds SET state = 'paying'\n     WHERE id IN",
    ),
    SETTLING.bug(
        "an unpaid order that ends keeps its units",
        "no unit is stranded",
        "  PERFORM move_units(v_holds, 'released', p_order);",
        "  NULL;",
    ),
    RETURNING.bug(
        "more than was paid can be asked back in parts",
        "money adds up",
        "IF coalesce(p_amount, v_left) NOT BETWEEN 1 AND v_left THEN",
        "IF coalesce(p_amount, v_left) NOT BETWEEN 1 AND v_payment.amount THEN",
    ),
    RETURNING.bug(
        "a refund is completed as often as it is told",
        "money adds up",
        "   WHERE id = p_refund AND state = 'due';",
        "   WHERE id = p_refund;",
    ),
    RETURNING.bug(
        "a part given back makes the whole order refunded",
        "money adds up",
        "IF v_payment.refunded_amount = v_payment.amount THEN",
        "IF v_payment.refunded_amount > 0 THEN",
    ),
    RETURNING.bug(
        "a cancelled order keeps its units sold",
        "no unit is stranded",
        "    PERFORM restock_order(p_order);\n    UPDATE orders SET state = 'cancelled'",
        "    UPDATE orders SET state = 'cancelled'",
    ),
    RETURNING.bug(
        "a cancelled order keeps the money",
        "money adds up",
        "    PERFORM ask_refund(p_refund, p_order, NULL, p_reason, false);",
        "    NULL;",
    ),
    RETURNING.bug(
        "restocked holds stay sold",
        "every unit in the ledger",
        "  UPDATE holds SET state = 'released' WHERE id = ANY (v_sold);",
        "  NULL;",
    ),
    RETURNING.bug(
        "an order whose money goes back can be sent",
        "money and goods agree",
        "  IF NOT FOUND THEN\n    RETURN 'is_being_refunded';\n  END IF;",
        "",
    ),
    RETURNING.bug(
        "an order can be paid again after its hold is over",
        "a hold lasts as long as was said",
        "AND (state NOT IN ('held', 'paying') OR expires_at <= v_now);",
        "AND (state NOT IN ('held', 'paying'));",
    ),
    RETURNING.bug(
        "a second attempt to pay opens a second charge beside the first",
        "money adds up",
        "PERFORM 1 FROM payments WHERE order_id = p_order AND state = 'pending';",
        "PERFORM 1 FROM payments WHERE false;",
    ),
    RETRIES.bug(
        "a refund is tried again that is still under way",
        "money adds up",
        "WHERE r.id = :refund_id AND r.state = 'failed' AND p.id = r.payment_id AND p.order_id = :order_id",
        "WHERE r.id = :refund_id AND p.id = r.payment_id AND p.order_id = :order_id",
    ),
    LIFE.bug(
        "a payment may go anywhere from anywhere",
        "the written life of a payment",
        "WHERE noun = TG_TABLE_NAME AND from_state = OLD.state AND to_state = NEW.state)",
        "WHERE noun = TG_TABLE_NAME)",
    ),
    NEWS.bug(
        "a refund of our own is booked a second time when the provider tells of it",
        "money adds up",
        "  IF EXISTS (SELECT 1 FROM refunds WHERE gateway_ref = v_ref)\n     OR ",
        "  IF ",
    ),
    NEWS.bug(
        "a refund that the bank sent back still counts as given",
        "money and goods agree",
        "       SET refunded_amount = refunded_amount - v_refund.amount,",
        "       SET refunded_amount = refunded_amount - 0,",
    ),
    GATEWAY.bug(
        "any signature is believed",
        "only the provider's word counts",
        "return any(hmac.compare_digest(right, each) for right in expected for each in given)",
        "return bool(given)",
    ),
    GATEWAY.bug(
        "a callback of yesterday is believed",
        "only the provider's word counts",
        "or abs(now - int(stamp)) > TOLERANCE_SECONDS:",
        "or abs(now - int(stamp)) > 300 * TOLERANCE_SECONDS:",
    ),
    GATEWAY.bug(
        "a refund that is tried again after a lost answer has another key",
        "money adds up",
        'key = f"{refund_id}.{attempt}" if attempt else str(refund_id)',
        'key = f"{refund_id}.{attempt}.{datetime.now(UTC)}"',
    ),
    GATEWAY.bug(
        "a session that is completed and not paid counts as paid",
        "money and goods agree",
        '        if session.payment_status == "paid":',
        '        if session.status == "complete":',
    ),
    GATEWAY.bug(
        "a fault of the provider is taken for a refusal",
        "true answers",
        "if fault.http_status in (400, 402, 404):",
        "if fault.http_status is not None:",
    ),
    RECONCILER.bug(
        "what the provider charged and the books do not know is not looked at",
        "money and goods agree",
        "found = [*await _settle(database, events), *map(_stranger, seen.strangers)]",
        "found = [*map(_stranger, seen.strangers)]",
    ),
    RECONCILER.bug(
        "what the books know and the provider never charged is not looked at",
        "money and goods agree",
        'for missing in (each["id"] for each in booked if each["id"] not in charged):',
        'for missing in (each["id"] for each in booked if False):',
    ),
    RECONCILER.bug(
        "the reconciler goes on from now, whatever it left unread",
        "money and goods agree",
        "return Reconciliation(since, until, len(events) + len(told), len(booked), tuple(new), until >= latest)",
        "return Reconciliation(since, until, len(events) + len(told), len(booked), tuple(new), True)",
    ),
    RECONCILER.bug(
        "a page of the provider's list is skipped",
        "money and goods agree",
        "            seen.events.extend(page.events)\n",
        "            seen.events.extend(page.events[1:])\n",
    ),
    LOST.bug(
        "an unpaid order is ended although its page was paid at the last moment",
        "a promise is never lost",
        '        if closed.kind == "captured":\n            return\n',
        "",
    ),
    LOST.bug(
        "an unpaid order is ended without closing its page",
        "money and goods agree",
        "        closed = await gateway.close_checkout(payment)\n        await settle_payments(database, [closed])\n"
        '        if closed.kind == "captured":\n            return\n',
        "        pass\n",
    ),
)
