-- Places the order of a cart: every line is held in the shop's own stock, or nothing is.

-- The lines of a locked cart with price, pool and what is left there, as `price_order` wants them.
CREATE OR REPLACE FUNCTION cart_stock(p_cart uuid, p_currency text)
RETURNS TABLE ("position" int, variant_id uuid, sku text, quantity int, unit_price bigint, pool_id uuid, remaining bigint)
LANGUAGE sql STABLE AS $$
  SELECT row_number() OVER (ORDER BY l.added_at, l.variant_id)::int, l.variant_id, v.sku, l.quantity, r.amount, s.id,
         CASE WHEN r.amount IS NULL THEN 0 ELSE coalesce(s.remaining, 0) END
    FROM cart_lines l
    JOIN variants v ON v.id = l.variant_id
    LEFT JOIN prices r ON r.variant_id = l.variant_id AND r.currency = p_currency
    LEFT JOIN LATERAL (
      SELECT id, on_hand - held - sold AS remaining FROM stock_pools
       WHERE variant_id = l.variant_id AND sale_id IS NULL
       ORDER BY on_hand - held - sold DESC, id
       LIMIT 1
    ) s ON true
   WHERE l.cart_id = p_cart
$$;

-- Holds every priced line of a cart for an order; the pools are locked and have enough.
CREATE OR REPLACE FUNCTION hold_lines(p_wish jsonb, p_currency text, p_lines jsonb, p_paying_seconds int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO holds (id, pool_id, variant_id, customer_key, idempotency_key, quantity, unit_price, currency, state,
                     created_at, expires_at)
  SELECT l.hold_id, l.pool_id, l.variant_id, p_wish ->> 'customer_key', (p_wish ->> 'id') || ':' || l.position,
         l.quantity, l.unit_price, p_currency, 'paying', clock_timestamp(),
         clock_timestamp() + make_interval(secs => p_paying_seconds)
    FROM jsonb_populate_recordset(NULL::order_lines, p_lines) l;
  UPDATE stock_pools p SET held = p.held + l.quantity
    FROM (SELECT pool_id, sum(quantity) AS quantity FROM jsonb_populate_recordset(NULL::order_lines, p_lines)
           GROUP BY pool_id) l
   WHERE p.id = l.pool_id;
  INSERT INTO stock_movements (pool_id, kind, held_delta, hold_id, order_id)
  SELECT l.pool_id, 'held', l.quantity, l.hold_id, (p_wish ->> 'id')::uuid
    FROM jsonb_populate_recordset(NULL::order_lines, p_lines) l;
END
$$;

CREATE OR REPLACE FUNCTION place_cart_order(p_wish jsonb, p_paying_seconds int) RETURNS place_answer LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_cart   carts;
  v_answer place_answer;
  v_short  record;
  v_priced record;
  v_lines  jsonb;
  v_order  uuid;
BEGIN
  -- name: place_lock_cart
  -- why:  a cart becomes one order, however often its button is pressed
  -- cost: rows 1, buffers 12
  SELECT * INTO v_cart FROM carts
   WHERE id = (p_wish ->> 'cart_id')::uuid AND customer_key = p_wish ->> 'customer_key' FOR NO KEY UPDATE;
  v_answer := answered_before(p_wish, 1);
  IF v_answer.answer IS NOT NULL THEN
    RETURN v_answer;
  ELSIF v_cart.id IS NULL THEN
    RETURN answered(1, 'not_yours', NULL);
  ELSIF v_cart.state = 'ordered' THEN
    SELECT id INTO v_order FROM orders WHERE cart_id = v_cart.id AND state <> 'cancelled';
    RETURN answered(1, CASE WHEN FOUND THEN 'already_ordered' ELSE 'cart_empty' END, v_order);
  END IF;

  -- name: place_lock_pools
  -- why:  units are promised by whoever holds the pool's row
  -- cost: rows 100, buffers 900
  PERFORM 1 FROM stock_pools
   WHERE sale_id IS NULL AND variant_id = ANY (ARRAY(SELECT variant_id FROM cart_lines WHERE cart_id = v_cart.id))
   ORDER BY id FOR NO KEY UPDATE;
  SELECT sku, greatest(remaining, 0) AS remaining INTO v_short FROM cart_stock(v_cart.id, v_cart.currency)
   WHERE remaining < quantity ORDER BY "position" LIMIT 1;
  IF FOUND THEN
    RETURN answered(1, 'out_of_stock', NULL, v_short.sku, v_short.remaining);
  END IF;
  SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('hold_id', new_id()) ORDER BY s."position") INTO v_lines
    FROM cart_stock(v_cart.id, v_cart.currency) s;
  IF v_lines IS NULL THEN
    RETURN answered(1, 'cart_empty', NULL);
  END IF;
  SELECT * INTO v_priced FROM price_order(v_lines, p_wish #>> '{shipping_address,country}', v_cart.currency,
                                          (p_wish ->> 'method_id')::uuid);
  v_answer := refused_price(p_wish, 1, v_cart.currency, v_priced);
  IF v_answer.answer IS NOT NULL THEN
    RETURN v_answer;
  END IF;
  PERFORM hold_lines(p_wish, v_cart.currency, v_priced.lines, p_paying_seconds);
  UPDATE carts SET state = 'ordered', updated_at = clock_timestamp() WHERE id = v_cart.id;
  RETURN answered(1, 'placed', write_order(p_wish, NULL, v_cart.currency, v_priced));
END
$$;
