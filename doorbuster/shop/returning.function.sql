-- Changes an order after it was placed: try to pay again, cancel, refund, fulfil. One order at a time, locked first.

-- Opens a new attempt to pay an order whose last one failed; the units are still its own.
CREATE OR REPLACE FUNCTION pay_again(p_order uuid, p_payment uuid, p_gateway text, p_paying_seconds int,
                                     p_hold_seconds_max int) RETURNS place_answer LANGUAGE plpgsql AS $$
DECLARE
  v_order orders;
  v_holds uuid[];
  v_now   timestamptz;
BEGIN
  PERFORM lock_orders(ARRAY[p_order], false);
  v_now := clock_timestamp();
  SELECT * INTO v_order FROM orders WHERE id = p_order;
  IF v_order.state IS DISTINCT FROM 'awaiting_payment' THEN
    RETURN answered(1, 'nothing_to_pay', p_order);
  END IF;
  v_holds := ARRAY(SELECT hold_id FROM order_lines WHERE order_id = p_order);
  PERFORM 1 FROM holds WHERE id = ANY (v_holds) AND (state NOT IN ('held', 'paying') OR expires_at <= v_now);
  IF FOUND THEN
    RETURN answered(1, 'hold_gone', p_order, 'expired');
  END IF;
  PERFORM 1 FROM payments WHERE order_id = p_order AND state = 'pending';
  IF NOT FOUND THEN
    INSERT INTO payments (id, order_id, gateway, amount, currency, created_at)
    VALUES (p_payment, p_order, p_gateway, v_order.total_amount, v_order.currency, clock_timestamp());
  END IF;
  UPDATE holds
     SET state = 'paying',
         expires_at = greatest(expires_at, least(clock_timestamp() + make_interval(secs => p_paying_seconds),
                                                 created_at + make_interval(secs => p_hold_seconds_max)))
   WHERE id = ANY (v_holds);
  UPDATE orders SET units_until = (SELECT min(expires_at) FROM holds WHERE id = ANY (v_holds)) WHERE id = p_order;
  RETURN answered(1, 'placed', p_order);
END
$$;

-- Puts the units of a locked order up for sale again; what had left the house is back on hand with them. Units of a
-- finished sale are returned to the shop by its next sweep.
CREATE OR REPLACE FUNCTION restock_order(p_order uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_sold uuid[] := ARRAY(SELECT h.id FROM order_lines l JOIN holds h ON h.id = l.hold_id
                          WHERE l.order_id = p_order AND h.state = 'sold');
BEGIN
  IF (SELECT state FROM orders WHERE id = p_order) = 'fulfilled' THEN
    PERFORM move_shop_units(p_order, 'returned', 1);
  END IF;
  PERFORM move_units(v_sold, 'restocked', p_order);
  UPDATE holds SET state = 'released' WHERE id = ANY (v_sold);
  UPDATE sales SET leftovers_returned_at = NULL
   WHERE id = (SELECT sale_id FROM orders WHERE id = p_order) AND leftovers_returned_at IS NOT NULL;
END
$$;

-- Has the sold units of an order leave the house (-1) or come back (1): the shop's own pools count both; a sale's pool
-- keeps what it sold, so that its books can be read afterwards.
CREATE OR REPLACE FUNCTION move_shop_units(p_order uuid, p_kind text, p_sign int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stock_pools p SET on_hand = p.on_hand + p_sign * l.quantity, sold = p.sold + p_sign * l.quantity
    FROM (SELECT pool_id, sum(quantity) AS quantity FROM order_lines WHERE order_id = p_order GROUP BY pool_id) l
   WHERE p.id = l.pool_id AND p.sale_id IS NULL;
  INSERT INTO stock_movements (pool_id, kind, on_hand_delta, sold_delta, hold_id, order_id)
  SELECT p.id, p_kind, p_sign * l.quantity, p_sign * l.quantity, l.hold_id, p_order
    FROM order_lines l JOIN stock_pools p ON p.id = l.pool_id AND p.sale_id IS NULL WHERE l.order_id = p_order;
END
$$;

-- Asks for money back: 'asked', or why not. Cancelling is a refund of everything that is left, before fulfilment.
CREATE OR REPLACE FUNCTION ask_refund(p_refund uuid, p_order uuid, p_amount bigint, p_reason text, p_restock boolean)
RETURNS TABLE (answer text, remaining bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_payment payments;
  v_left    bigint;
BEGIN
  PERFORM 1 FROM sales WHERE id = (SELECT sale_id FROM orders WHERE id = p_order) FOR NO KEY UPDATE;
  PERFORM lock_orders(ARRAY[p_order], true);
  SELECT * INTO v_payment FROM payments WHERE order_id = p_order AND state = 'captured';
  IF v_payment.id IS NULL THEN
    RETURN QUERY SELECT 'nothing_captured', 0::bigint;
    RETURN;
  END IF;
  v_left := v_payment.amount - (SELECT coalesce(sum(amount), 0) FROM refunds WHERE payment_id = v_payment.id);
  IF coalesce(p_amount, v_left) NOT BETWEEN 1 AND v_left THEN
    RETURN QUERY SELECT 'too_much', v_left;
    RETURN;
  END IF;
  INSERT INTO refunds (id, payment_id, amount, reason)
  VALUES (p_refund, v_payment.id, coalesce(p_amount, v_left), p_reason);
  IF coalesce(p_amount, v_left) = v_left THEN
    UPDATE payments SET state = 'refund_due' WHERE id = v_payment.id;
  END IF;
  INSERT INTO outbox (kind, payload) VALUES ('refund', jsonb_build_object('refund_id', p_refund));
  IF p_restock THEN
    PERFORM restock_order(p_order);
  END IF;
  RETURN QUERY SELECT 'asked', v_left - coalesce(p_amount, v_left);
END
$$;

-- Cancels an order: unpaid, its units return at once; paid, its money goes back and its units are for sale again.
CREATE OR REPLACE FUNCTION cancel_order(p_order uuid, p_refund uuid, p_reason text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_state text;
BEGIN
  PERFORM 1 FROM sales WHERE id = (SELECT sale_id FROM orders WHERE id = p_order) FOR NO KEY UPDATE;
  PERFORM lock_orders(ARRAY[p_order], true);
  SELECT state INTO v_state FROM orders WHERE id = p_order;
  IF v_state = 'awaiting_payment' THEN
    PERFORM end_unpaid_order(p_order, p_reason);
    UPDATE sales SET leftovers_returned_at = NULL
     WHERE id = (SELECT sale_id FROM orders WHERE id = p_order) AND leftovers_returned_at IS NOT NULL;
    RETURN 'cancelled';
  ELSIF v_state = 'paid' THEN
    -- Its money may be on its way back already; its units return all the same.
    PERFORM ask_refund(p_refund, p_order, NULL, p_reason, false);
    PERFORM restock_order(p_order);
    UPDATE orders SET state = 'cancelled', cancelled_at = clock_timestamp(), cancel_reason = p_reason WHERE id = p_order;
    INSERT INTO outbox (kind, payload) VALUES ('order_cancelled', jsonb_build_object('order_id', p_order));
    RETURN 'refunding';
  END IF;
  RETURN coalesce('is_' || v_state, 'unknown');
END
$$;

-- Writes down that the gateway gave money back; when all of it is back, payment and order are refunded.
CREATE OR REPLACE FUNCTION complete_refund(p_refund uuid, p_ref text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_order uuid := (SELECT p.order_id FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.id = p_refund);
  v_payment payments;
BEGIN
  PERFORM 1 FROM orders WHERE id = v_order FOR NO KEY UPDATE;
  PERFORM 1 FROM payments WHERE order_id = v_order ORDER BY id FOR NO KEY UPDATE;
  UPDATE refunds SET state = 'done', gateway_ref = p_ref, done_at = clock_timestamp()
   WHERE id = p_refund AND state = 'due';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE payments p SET refunded_amount = p.refunded_amount + r.amount
    FROM refunds r WHERE r.id = p_refund AND p.id = r.payment_id RETURNING p.* INTO v_payment;
  IF v_payment.refunded_amount = v_payment.amount THEN
    UPDATE payments SET state = 'refunded' WHERE id = v_payment.id;
    UPDATE orders SET state = 'refunded'
     WHERE id = v_order
       AND NOT EXISTS (SELECT 1 FROM payments WHERE order_id = v_order AND state IN ('captured', 'refund_due'));
  END IF;
  INSERT INTO outbox (kind, payload) VALUES ('order_refunded', jsonb_build_object('order_id', v_order, 'refund_id', p_refund));
  RETURN true;
END
$$;

-- Sends an order off.
CREATE OR REPLACE FUNCTION fulfil_order(p_order uuid, p_tracking text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_state text;
BEGIN
  PERFORM lock_orders(ARRAY[p_order], true);
  SELECT state INTO v_state FROM orders WHERE id = p_order;
  IF v_state IS DISTINCT FROM 'paid' THEN
    RETURN coalesce('is_' || v_state, 'unknown');
  END IF;
  PERFORM 1 FROM order_lines l JOIN holds h ON h.id = l.hold_id WHERE l.order_id = p_order AND h.state <> 'sold';
  IF FOUND THEN
    RETURN 'is_restocked';
  END IF;
  PERFORM 1 FROM payments WHERE order_id = p_order AND state = 'captured';
  IF NOT FOUND THEN
    RETURN 'is_being_refunded';
  END IF;
  PERFORM move_shop_units(p_order, 'fulfilled', -1);
  UPDATE orders SET state = 'fulfilled', fulfilled_at = clock_timestamp(), tracking = p_tracking WHERE id = p_order;
  INSERT INTO outbox (kind, payload) VALUES ('order_fulfilled', jsonb_build_object('order_id', p_order));
  RETURN 'fulfilled';
END
$$;
