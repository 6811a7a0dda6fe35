-- Places orders: a hold or a cart becomes an order that waits for its payment. Rows are locked first, in the order
-- sales, pools, holds, sale_customers, orders, payments and each by key; what is read beside them comes later.

-- What a wish is answered, with the order it is about as it stands now.
CREATE OR REPLACE FUNCTION answered(p_place int, p_answer text, p_order uuid, p_detail text DEFAULT NULL,
                                    p_remaining bigint DEFAULT NULL) RETURNS place_answer LANGUAGE plpgsql AS $$
DECLARE
  v_given place_answer;
BEGIN
  SELECT p_place, p_answer, p_detail, p_remaining, p_order, o.number, o.secret, o.state, o.currency, o.total_amount,
         o.email, p.id, p.state
    INTO v_given
    FROM (SELECT p_order AS id) asked
    LEFT JOIN orders o ON o.id = asked.id
    LEFT JOIN LATERAL (SELECT id, state FROM payments WHERE order_id = asked.id
                        ORDER BY created_at DESC, id DESC LIMIT 1) p ON true;
  RETURN v_given;
END
$$;

-- Says whether the key was used before: the first request's order, or that it was another request. NULL for a new key.
CREATE OR REPLACE FUNCTION answered_before(p_wish jsonb, p_place int) RETURNS place_answer LANGUAGE plpgsql AS $$
DECLARE
  v_earlier record;
BEGIN
  SELECT id, request_hash INTO v_earlier FROM orders
   WHERE customer_key = p_wish ->> 'customer_key' AND idempotency_key = p_wish ->> 'idempotency_key';
  IF NOT FOUND THEN
    RETURN NULL;
  ELSIF v_earlier.request_hash <> (p_wish ->> 'request_hash')::bytea THEN
    RETURN answered(p_place, 'key_reused', NULL);
  END IF;
  RETURN answered(p_place, 'replayed', v_earlier.id);
END
$$;

-- Writes an order with its lines and its first payment; everything on it is frozen here.
CREATE OR REPLACE FUNCTION write_order(p_wish jsonb, p_sale uuid, p_currency text, p_priced record) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  v_order orders := jsonb_populate_record(NULL::orders, p_wish);
BEGIN
  v_order.number := nextval('order_numbers');
  v_order.sale_id := p_sale;
  v_order.state := 'awaiting_payment';
  v_order.source := 'shop';
  v_order.currency := p_currency;
  v_order.items_amount := p_priced.items_amount;
  v_order.shipping_amount := p_priced.shipping_amount;
  v_order.tax_amount := p_priced.tax_amount;
  v_order.total_amount := p_priced.items_amount + p_priced.shipping_amount;
  v_order.shipping_method := p_priced.shipping_method;
  v_order.placed_at := clock_timestamp();
  INSERT INTO orders SELECT v_order.*;
  INSERT INTO order_lines (order_id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price,
                           tax_points, tax_amount)
  SELECT v_order.id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price, tax_points, tax_amount
    FROM jsonb_populate_recordset(NULL::order_lines, p_priced.lines);
  INSERT INTO payments (id, order_id, gateway, amount, currency, created_at)
  VALUES ((p_wish ->> 'payment_id')::uuid, v_order.id, p_wish ->> 'gateway', v_order.total_amount, p_currency,
          v_order.placed_at);
  RETURN v_order.id;
END
$$;

-- Counts units for an e-mail address, or says false when that would be more than the sale allows one customer.
CREATE OR REPLACE FUNCTION count_for_email(p_sale uuid, p_key text, p_quantity int) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sale_customers AS c (sale_id, customer_key, held, maximum)
  SELECT p_sale, p_key, p_quantity, s.limit_per_customer FROM sales s
   WHERE s.id = p_sale AND p_quantity <= s.limit_per_customer
  ON CONFLICT (sale_id, customer_key) DO UPDATE SET held = c.held + excluded.held
   WHERE c.held + c.sold + excluded.held <= c.maximum;
  RETURN FOUND;
END
$$;

-- Decides one wish on a hold whose row is locked.
CREATE OR REPLACE FUNCTION place_hold_order(p_wish jsonb, p_place int, p_paying_seconds int, p_hold_seconds_max int)
RETURNS place_answer LANGUAGE plpgsql AS $$
DECLARE
  v_answer place_answer := answered_before(p_wish, p_place);
  v_hold   holds;
  v_order  uuid;
  v_priced record;
  v_email  text := 'e:' || (p_wish ->> 'email_key');
BEGIN
  IF v_answer.answer IS NOT NULL THEN
    RETURN v_answer;
  END IF;
  SELECT * INTO v_hold FROM holds WHERE id = (p_wish ->> 'hold_id')::uuid;
  IF NOT FOUND OR v_hold.customer_key <> p_wish ->> 'customer_key' THEN
    RETURN answered(p_place, 'not_yours', NULL);
  END IF;
  SELECT order_id INTO v_order FROM order_lines WHERE hold_id = v_hold.id;
  IF FOUND THEN
    RETURN answered(p_place, 'already_ordered', v_order);
  ELSIF v_hold.state = 'released' THEN
    RETURN answered(p_place, 'hold_gone', NULL, 'released');
  ELSIF v_hold.state <> 'held' OR v_hold.expires_at <= clock_timestamp() THEN
    RETURN answered(p_place, 'hold_gone', NULL, 'expired');
  END IF;

  SELECT * INTO v_priced FROM price_order(
    jsonb_build_array(jsonb_build_object('position', 1, 'variant_id', v_hold.variant_id, 'hold_id', v_hold.id,
      'pool_id', v_hold.pool_id, 'quantity', v_hold.quantity, 'unit_price', v_hold.unit_price)),
    p_wish #>> '{shipping_address,country}', v_hold.currency, (p_wish ->> 'method_id')::uuid);
  v_answer := refused_price(p_wish, p_place, v_hold.currency, v_priced);
  IF v_answer.answer IS NOT NULL THEN
    RETURN v_answer;
  ELSIF v_hold.sale_id IS NOT NULL AND NOT count_for_email(v_hold.sale_id, v_email, v_hold.quantity) THEN
    RETURN answered(p_place, 'limit_reached', NULL, NULL,
                    (SELECT limit_per_customer FROM sales WHERE id = v_hold.sale_id));
  END IF;
  UPDATE holds
     SET state = 'paying', email_key = v_email,
         expires_at = greatest(expires_at, least(clock_timestamp() + make_interval(secs => p_paying_seconds),
                                                 created_at + make_interval(secs => p_hold_seconds_max)))
   WHERE id = v_hold.id;
  RETURN answered(p_place, 'placed', write_order(p_wish, v_hold.sale_id, v_hold.currency, v_priced));
END
$$;

-- Says why a priced order can't be placed: nothing delivers there, or the shopper was shown another total.
CREATE OR REPLACE FUNCTION refused_price(p_wish jsonb, p_place int, p_currency text, p_priced record)
RETURNS place_answer LANGUAGE plpgsql AS $$
DECLARE
  v_total  bigint := p_priced.items_amount + p_priced.shipping_amount;
  v_answer place_answer;
BEGIN
  IF p_priced.shipping_method IS NULL THEN
    RETURN answered(p_place, 'no_delivery', NULL, p_wish #>> '{shipping_address,country}');
  ELSIF v_total <> (p_wish ->> 'expected_total')::numeric OR p_currency <> p_wish ->> 'expected_currency' THEN
    v_answer := answered(p_place, 'price_changed', NULL, NULL, v_total);
    v_answer.currency := p_currency;
  END IF;
  RETURN v_answer;
END
$$;

-- Places the orders of many holds in one round trip; wishes are decided in the order of their e-mail addresses, so
-- that two batches never wait for each other's rows.
CREATE OR REPLACE FUNCTION place_orders(p_wishes jsonb, p_paying_seconds int, p_hold_seconds_max int)
RETURNS SETOF place_answer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_holds uuid[] := ARRAY(SELECT (w ->> 'hold_id')::uuid FROM jsonb_array_elements(p_wishes) w);
  v_wish  jsonb;
  v_place int;
BEGIN
  -- name: place_lock_holds
  -- why:  whoever holds a hold's row decides what becomes of it; pools do not move here, so they are not locked
  -- cost: rows 128, buffers 900
  PERFORM 1 FROM holds WHERE id = ANY (v_holds) ORDER BY id FOR NO KEY UPDATE;
  FOR v_wish, v_place IN
    SELECT w.value, w.ordinality FROM jsonb_array_elements(p_wishes) WITH ORDINALITY w
     ORDER BY w.value ->> 'email_key', w.ordinality
  LOOP
    RETURN NEXT place_hold_order(v_wish, v_place, p_paying_seconds, p_hold_seconds_max);
  END LOOP;
END
$$;
