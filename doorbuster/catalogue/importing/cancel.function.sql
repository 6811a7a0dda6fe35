-- Takes one cancellation of an imported history back from the orders it cancels, once for ever.
--
-- Each of its lines goes to the same customer's latest earlier order that has the code at this price and as many units
-- not cancelled yet; the order's payment is refunded by that much, and an order refunded in full is refunded. Returns
-- for each line, numbered from 1, whether such an order was found; `applied` is false when all that was done before.
CREATE OR REPLACE FUNCTION apply_cancellation(
  p_customer text, p_key text, p_hash bytea, p_at timestamptz, p_refunds uuid[], p_skus text[], p_quantities int[], p_prices bigint[]
) RETURNS TABLE (line int, found boolean, applied boolean) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
  v_order   uuid;
  v_payment uuid;
  v_amount  bigint;
  v_found   boolean[] := '{}';
BEGIN
  INSERT INTO idempotency_keys (customer_key, idempotency_key, request_hash, status, body)
  VALUES (p_customer, p_key, p_hash, 200, '{}') ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN QUERY
      SELECT given.at::int, given.was_found::boolean, false
      FROM idempotency_keys, jsonb_array_elements(body -> 'found') WITH ORDINALITY AS given(was_found, at)
      WHERE customer_key = p_customer AND idempotency_key = p_key;
    RETURN;
  END IF;
  FOR i IN 1 .. cardinality(p_skus) LOOP
    v_amount := p_quantities[i] * p_prices[i];
    -- name: cancellation_finds_order
    -- why:  a customer's own earlier orders are looked through, newest first; a wholesaler of the history has many
    -- cost: rows 1, buffers 200000, growth linear
    SELECT orders.id, payments.id INTO v_order, v_payment
    FROM orders
    JOIN order_lines ON order_lines.order_id = orders.id AND order_lines.sku = p_skus[i]
      AND order_lines.unit_price = p_prices[i] AND order_lines.quantity >= p_quantities[i]
    JOIN payments ON payments.order_id = orders.id AND payments.refunded_amount + v_amount <= payments.amount
    WHERE orders.customer_key = p_customer AND orders.source = 'online-retail' AND orders.placed_at <= p_at
    ORDER BY orders.placed_at DESC
    LIMIT 1
    FOR UPDATE OF orders;
    v_found := v_found || (v_order IS NOT NULL);
    IF v_order IS NOT NULL THEN
      -- All of it goes back the way that is written down: due first, then given back.
      UPDATE payments SET state = 'refund_due'
      WHERE id = v_payment AND state = 'captured' AND refunded_amount + v_amount = amount;
      UPDATE payments
      SET refunded_amount = refunded_amount + v_amount,
          state = CASE state WHEN 'refund_due' THEN 'refunded' ELSE state END
      WHERE id = v_payment;
      INSERT INTO refunds (id, payment_id, amount, reason, state, created_at, done_at)
      SELECT p_refunds[i], v_payment, v_amount, p_key, 'done', p_at, p_at WHERE v_amount > 0;
      UPDATE orders SET state = 'refunded'
      FROM payments
      WHERE orders.id = v_order AND payments.id = v_payment AND payments.state = 'refunded';
    END IF;
  END LOOP;
  UPDATE idempotency_keys SET body = jsonb_build_object('found', to_jsonb(v_found))
  WHERE customer_key = p_customer AND idempotency_key = p_key;
  RETURN QUERY SELECT at::int, v_found[at], true FROM generate_series(1, cardinality(v_found)) AS at;
END
$$;
