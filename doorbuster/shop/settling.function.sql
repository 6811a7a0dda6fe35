-- Settles what the gateway says became of payments, many events in one round trip. Lock order: pools, holds,
-- sale_customers, orders, payments, each by key; everything else is read after the locks are had.

-- Locks all rows that settling or cancelling these orders may change.
CREATE OR REPLACE FUNCTION lock_orders(p_orders uuid[], p_with_pools boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_holds uuid[];
  v_pools uuid[];
BEGIN
  SELECT array_agg(hold_id), array_agg(DISTINCT pool_id) INTO v_holds, v_pools
    FROM order_lines WHERE order_id = ANY (p_orders);
  IF p_with_pools THEN
    PERFORM 1 FROM stock_pools WHERE id = ANY (v_pools) ORDER BY id FOR NO KEY UPDATE;
  END IF;
  PERFORM 1 FROM holds WHERE id = ANY (v_holds) ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM sale_customers c
    JOIN (SELECT sale_id, customer_key FROM holds WHERE id = ANY (v_holds)
          UNION SELECT sale_id, email_key FROM holds WHERE id = ANY (v_holds)) k USING (sale_id, customer_key)
   ORDER BY c.sale_id, c.customer_key FOR NO KEY UPDATE OF c;
  PERFORM 1 FROM orders WHERE id = ANY (p_orders) ORDER BY id FOR NO KEY UPDATE;
  PERFORM 1 FROM payments WHERE id = ANY (ARRAY(SELECT id FROM payments WHERE order_id = ANY (p_orders)))
   ORDER BY id FOR NO KEY UPDATE;
END
$$;

-- Takes units again for an order whose holds are gone, if all of them are still to be had; says whether they are.
CREATE OR REPLACE FUNCTION hold_again(p_order uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_gone uuid[] := ARRAY(SELECT h.id FROM order_lines l JOIN holds h ON h.id = l.hold_id
                          WHERE l.order_id = p_order AND h.state NOT IN ('held', 'paying'));
BEGIN
  IF cardinality(v_gone) = 0 THEN
    RETURN true;
  END IF;
  PERFORM 1 FROM holds h JOIN stock_pools p ON p.id = h.pool_id
   WHERE h.id = ANY (v_gone) AND (h.state = 'sold' OR p.on_hand - p.held - p.sold < h.quantity);
  IF FOUND THEN
    RETURN false;
  END IF;
  PERFORM 1 FROM holds h
    CROSS JOIN unnest(ARRAY[h.customer_key, h.email_key]) AS k(key)
    JOIN sale_customers c ON c.sale_id = h.sale_id AND c.customer_key = k.key
   WHERE h.id = ANY (v_gone) AND c.held + c.sold + h.quantity > c.maximum;
  IF FOUND THEN
    RETURN false;
  END IF;
  PERFORM move_units(v_gone, 'held', p_order);
  UPDATE holds SET state = 'paying' WHERE id = ANY (v_gone);
  RETURN true;
END
$$;

-- Moves the units of holds: pools' and customers' counters, and the ledger. The holds' own state is the caller's.
--   'held': free -> held · 'sold': held -> sold · 'released': held -> free · 'restocked': sold -> free
CREATE OR REPLACE FUNCTION move_units(p_holds uuid[], p_kind text, p_order uuid DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_held int := CASE p_kind WHEN 'held' THEN 1 WHEN 'sold' THEN -1 WHEN 'released' THEN -1 ELSE 0 END;
  v_sold int := CASE p_kind WHEN 'sold' THEN 1 WHEN 'restocked' THEN -1 ELSE 0 END;
BEGIN
  UPDATE stock_pools p
     SET held = p.held + v_held * h.quantity, sold = p.sold + v_sold * h.quantity
    FROM (SELECT pool_id, sum(quantity) AS quantity FROM holds WHERE id = ANY (p_holds) GROUP BY pool_id) h
   WHERE p.id = h.pool_id;
  UPDATE sale_customers c SET held = c.held + v_held * h.quantity, sold = c.sold + v_sold * h.quantity
    FROM (SELECT sale_id, k.key, sum(quantity) AS quantity
            FROM holds, unnest(ARRAY[customer_key, email_key]) AS k(key)
           WHERE id = ANY (p_holds) GROUP BY sale_id, k.key) h
   WHERE c.sale_id = h.sale_id AND c.customer_key = h.key;
  INSERT INTO stock_movements (pool_id, kind, held_delta, sold_delta, hold_id, order_id)
  SELECT h.pool_id, p_kind, v_held * h.quantity, v_sold * h.quantity, h.id, coalesce(p_order, l.order_id)
    FROM holds h LEFT JOIN order_lines l ON l.hold_id = h.id
   WHERE h.id = ANY (p_holds);
END
$$;

-- Ends an unpaid, locked order: what it still holds goes back, open payments are closed.
CREATE OR REPLACE FUNCTION end_unpaid_order(p_order uuid, p_reason text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_holds uuid[] := ARRAY(SELECT h.id FROM order_lines l JOIN holds h ON h.id = l.hold_id
                           WHERE l.order_id = p_order AND h.state IN ('held', 'paying'));
BEGIN
  PERFORM move_units(v_holds, 'released', p_order);
  UPDATE holds SET state = 'released' WHERE id = ANY (v_holds);
  UPDATE payments SET state = 'cancelled' WHERE order_id = p_order AND state = 'pending';
  UPDATE orders SET state = 'cancelled', cancelled_at = clock_timestamp(), cancel_reason = p_reason WHERE id = p_order;
  INSERT INTO outbox (kind, payload) VALUES ('order_cancelled', jsonb_build_object('order_id', p_order));
END
$$;

-- Sends back money that came too late or twice.
CREATE OR REPLACE FUNCTION send_back(p_payment uuid, p_ref text, p_reason text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_refund uuid := new_id();
BEGIN
  UPDATE payments SET state = 'refund_due', gateway_ref = p_ref, captured_at = clock_timestamp() WHERE id = p_payment;
  INSERT INTO refunds (id, payment_id, amount, reason)
  SELECT v_refund, id, amount, p_reason FROM payments WHERE id = p_payment;
  INSERT INTO outbox (kind, payload) VALUES ('refund', jsonb_build_object('refund_id', v_refund));
END
$$;

-- Decides one event on locked rows. 'sell' asks the caller to sell the order's units with those of its batch.
CREATE OR REPLACE FUNCTION settle_event(p_event jsonb, p_payment payments) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_order orders;
BEGIN
  INSERT INTO payment_callbacks (gateway, event_id) VALUES (p_event ->> 'gateway', p_event ->> 'id')
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'duplicate';
  ELSIF p_event ->> 'kind' <> 'captured' THEN
    UPDATE payments SET state = CASE p_event ->> 'kind' WHEN 'expired' THEN 'cancelled' ELSE 'failed' END,
                        failure = p_event ->> 'failure'
     WHERE id = p_payment.id AND state = 'pending';
    IF NOT FOUND THEN
      RETURN 'duplicate';
    END IF;
    UPDATE holds SET state = 'held'
     WHERE id IN (SELECT hold_id FROM order_lines WHERE order_id = p_payment.order_id) AND state = 'paying';
    -- From now on the shopper may give the units back, so that nobody knows until when they are kept.
    UPDATE orders SET units_until = NULL WHERE id = p_payment.order_id AND state = 'awaiting_payment';
    RETURN 'not_paid';
  ELSIF p_payment.state NOT IN ('pending', 'failed', 'cancelled') THEN
    RETURN 'duplicate';
  ELSIF p_payment.amount <> (p_event ->> 'amount')::bigint OR p_payment.currency <> p_event ->> 'currency' THEN
    UPDATE payments SET failure = 'the gateway reports another amount' WHERE id = p_payment.id;
    INSERT INTO outbox (kind, payload)
    VALUES ('payment_mismatch', p_event || jsonb_build_object('expected', p_payment.amount,
                                                              'expected_currency', p_payment.currency));
    RETURN 'mismatch';
  END IF;
  SELECT * INTO v_order FROM orders WHERE id = p_payment.order_id;
  IF v_order.state = 'awaiting_payment' AND hold_again(v_order.id) THEN
    UPDATE payments SET state = 'captured', captured_at = clock_timestamp(), failure = NULL,
                        gateway_ref = p_event ->> 'gateway_ref' WHERE id = p_payment.id;
    UPDATE orders SET state = 'paid', paid_at = clock_timestamp() WHERE id = v_order.id;
    RETURN 'sell';
  ELSIF v_order.state = 'awaiting_payment' THEN
    PERFORM send_back(p_payment.id, p_event ->> 'gateway_ref', 'paid after the last unit was gone');
    PERFORM end_unpaid_order(v_order.id, 'paid_too_late');
  ELSE
    PERFORM send_back(p_payment.id, p_event ->> 'gateway_ref', 'paid for an order that is ' || v_order.state);
  END IF;
  RETURN 'sent_back';
END
$$;

CREATE OR REPLACE FUNCTION settle_payments(p_events jsonb)
RETURNS TABLE (place int, answer text, order_id uuid) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  v_orders  uuid[];
  v_sold    uuid[] := '{}';
  v_event   jsonb;
  v_payment payments;
BEGIN
  -- name: settle_orders_of_events
  -- why:  events name payments, locks are taken by order
  -- cost: rows 128, buffers 900
  SELECT array_agg(p.order_id) INTO v_orders FROM payments p
   WHERE p.id = ANY (ARRAY(SELECT (e ->> 'payment_id')::uuid FROM jsonb_array_elements(p_events) e));
  PERFORM lock_orders(v_orders, jsonb_path_exists(p_events, '$[*] ? (@.kind == "captured")'));
  FOR v_event, place IN SELECT e.value, e.ordinality FROM jsonb_array_elements(p_events) WITH ORDINALITY e ORDER BY 2 LOOP
    SELECT p.* INTO v_payment FROM payments p WHERE p.id = (v_event ->> 'payment_id')::uuid;
    answer := CASE WHEN v_payment.id IS NULL THEN 'unknown' ELSE settle_event(v_event, v_payment) END;
    order_id := v_payment.order_id;
    IF answer = 'sell' THEN
      v_sold := v_sold || order_id;
      answer := 'settled';
    END IF;
    RETURN NEXT;
  END LOOP;

  IF cardinality(v_sold) > 0 THEN
    -- name: settle_sell_units
    -- why:  the hot pool's counters move once per batch
    -- cost: rows 128, buffers 4000
    PERFORM move_units(ARRAY(SELECT l.hold_id FROM order_lines l WHERE l.order_id = ANY (v_sold)), 'sold');
    UPDATE holds SET state = 'sold'
     WHERE id = ANY (ARRAY(SELECT l.hold_id FROM order_lines l WHERE l.order_id = ANY (v_sold)));
    INSERT INTO outbox (kind, payload)
    SELECT 'order_paid', jsonb_build_object('order_id', sold.id) FROM unnest(v_sold) AS sold(id);
  END IF;
END
$$;
