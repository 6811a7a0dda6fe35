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
  v_order.units_until := (SELECT min(h.expires_at) FROM holds h
                           WHERE h.id = ANY (ARRAY(SELECT (l ->> 'hold_id')::uuid FROM jsonb_array_elements(p_priced.lines) l)));
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

-- Places at once what needs no closer look: a sound hold of its owner's, a key and an e-mail address that this sale has not
-- seen, and the total that was agreed to. Returns what it placed; everything else is for place_hold_order().
CREATE OR REPLACE FUNCTION place_plain_orders(p_wishes jsonb, p_paying_seconds int, p_hold_seconds_max int)
RETURNS SETOF place_answer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_now timestamptz := clock_timestamp();
BEGIN
  -- name: place_plain
  -- why:  many orders are a handful of inserts, however many they are
  -- cost: rows 128, buffers 12000, scan shipping_methods
  RETURN QUERY
  WITH plain AS MATERIALIZED (
    SELECT w.ordinality::int AS place, w.value AS wish, (w.value ->> 'id')::uuid AS order_id,
           (w.value ->> 'payment_id')::uuid AS payment_id, w.value ->> 'gateway' AS gateway,
           'e:' || (w.value ->> 'email_key') AS customer,
           h.id AS hold_id, h.sale_id, h.pool_id, h.variant_id, h.quantity, h.unit_price, h.currency, s.limit_per_customer,
           f.sku, f.title, f.tax_points, t.tax AS item_tax, t.tax + tax_within(d.amount, d.tax_points) AS tax,
           h.quantity * h.unit_price AS items_amount, d.amount AS shipping_amount, d.name AS shipping_method,
           greatest(h.expires_at, least(v_now + make_interval(secs => p_paying_seconds),
                                        h.created_at + make_interval(secs => p_hold_seconds_max))) AS units_until
      FROM jsonb_array_elements(p_wishes) WITH ORDINALITY w
      JOIN LATERAL (SELECT * FROM holds WHERE id = (w.value ->> 'hold_id')::uuid LIMIT 1) h
        ON h.customer_key = w.value ->> 'customer_key' AND h.state = 'held' AND h.expires_at > v_now
      JOIN LATERAL (SELECT limit_per_customer FROM sales WHERE id = h.sale_id LIMIT 1) s
        ON h.quantity <= s.limit_per_customer
      JOIN LATERAL item_facts(h.variant_id, w.value #>> '{shipping_address,country}') f ON true
      JOIN LATERAL tax_within(h.quantity * h.unit_price, f.tax_points) AS t(tax) ON true
      JOIN LATERAL (
        SELECT e.name, e.amount, coalesce((SELECT r.basis_points FROM tax_rates r WHERE r.tax_category = 'standard'
                                             AND r.country = w.value #>> '{shipping_address,country}'), 0) AS tax_points
          FROM delivery_of(h.quantity * h.unit_price, w.value #>> '{shipping_address,country}', h.currency,
                           (w.value ->> 'method_id')::uuid) e
      ) d ON f.requires_shipping
     WHERE h.quantity * h.unit_price + d.amount IS NOT DISTINCT FROM
             coalesce((w.value ->> 'expected_total')::bigint, h.quantity * h.unit_price + d.amount)
       AND h.currency = coalesce(w.value ->> 'expected_currency', h.currency)
       AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_key = w.value ->> 'customer_key'
                          AND o.idempotency_key = w.value ->> 'idempotency_key')
       AND NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.hold_id = h.id)
  ), counted AS (
    -- One order for each address here; whose address was seen before is looked at closely.
    INSERT INTO sale_customers (sale_id, customer_key, held, maximum)
    SELECT DISTINCT ON (sale_id, customer) sale_id, customer, quantity, limit_per_customer
      FROM plain ORDER BY sale_id, customer, place
    ON CONFLICT (sale_id, customer_key) DO NOTHING
    RETURNING sale_id, customer_key
  ), sure AS MATERIALIZED (
    SELECT DISTINCT ON (p.sale_id, p.customer) p.*, nextval('order_numbers') AS number
      FROM plain p JOIN counted c ON c.sale_id = p.sale_id AND c.customer_key = p.customer
     ORDER BY p.sale_id, p.customer, p.place
  ), paying AS (
    UPDATE holds h
       SET state = 'paying', email_key = sure.customer, expires_at = sure.units_until
      FROM sure WHERE h.id = sure.hold_id
  ), written AS (
    INSERT INTO orders (id, number, secret, customer_key, idempotency_key, request_hash, email, email_key, sale_id,
                        currency, items_amount, shipping_amount, tax_amount, total_amount, shipping_method,
                        shipping_address, placed_at, units_until)
    SELECT order_id, number, wish ->> 'secret', wish ->> 'customer_key', wish ->> 'idempotency_key',
           (wish ->> 'request_hash')::bytea, wish ->> 'email', wish ->> 'email_key', sale_id,
           currency, items_amount, shipping_amount, tax, items_amount + shipping_amount, shipping_method,
           wish -> 'shipping_address', v_now, units_until
      FROM sure
  ), lines AS (
    INSERT INTO order_lines (order_id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price,
                             tax_points, tax_amount)
    SELECT order_id, 1, variant_id, hold_id, pool_id, sku, title, quantity, unit_price, tax_points, item_tax FROM sure
  ), due AS (
    INSERT INTO payments (id, order_id, gateway, amount, currency, created_at)
    SELECT payment_id, order_id, gateway, items_amount + shipping_amount, currency, v_now FROM sure
  )
  SELECT place, 'placed', NULL::text, NULL::bigint, order_id, number, wish ->> 'secret', 'awaiting_payment', currency,
         items_amount + shipping_amount, wish ->> 'email', payment_id, 'pending'
    FROM sure;
END
$$;

-- Places the orders of many holds in one round trip. Rows of e-mail addresses are taken in their order, the plain wishes'
-- first and then the others', each of which may meet another batch once: it is given up by the loser and tried again.
CREATE OR REPLACE FUNCTION place_orders(p_wishes jsonb, p_paying_seconds int, p_hold_seconds_max int)
RETURNS SETOF place_answer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_holds uuid[] := ARRAY(SELECT (w ->> 'hold_id')::uuid FROM jsonb_array_elements(p_wishes) w);
  v_plain place_answer[];
  v_wish  jsonb;
  v_place int;
BEGIN
  -- name: place_lock_holds
  -- why:  whoever holds a hold's row decides what becomes of it; pools do not move here, so they are not locked
  -- cost: rows 128, buffers 900
  PERFORM 1 FROM holds WHERE id = ANY (v_holds) ORDER BY id FOR NO KEY UPDATE;
  v_plain := ARRAY(SELECT p FROM place_plain_orders(p_wishes, p_paying_seconds, p_hold_seconds_max) p);
  RETURN QUERY SELECT p.* FROM unnest(v_plain) p;
  IF cardinality(v_plain) = jsonb_array_length(p_wishes) THEN
    RETURN;
  END IF;
  FOR v_wish, v_place IN
    SELECT w.value, w.ordinality FROM jsonb_array_elements(p_wishes) WITH ORDINALITY w
     WHERE NOT EXISTS (SELECT 1 FROM unnest(v_plain) p WHERE p.place = w.ordinality)
     ORDER BY w.value ->> 'email_key', w.ordinality
  LOOP
    RETURN NEXT place_hold_order(v_wish, v_place, p_paying_seconds, p_hold_seconds_max);
  END LOOP;
END
$$;
