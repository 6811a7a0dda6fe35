-- The line for units that come back. Everything here happens under the pool's lock: the line's order is the pool's.
-- Lock order: pools (by id), holds, sale_customers; rows of the line are changed only by who has their pool.

-- Offers what is left of a locked pool to those who wait, the first first; returns how many units it offered.
-- A unit that came back is not offered before `reopens_at`, for the reason in sale/memory.py.
CREATE OR REPLACE FUNCTION offer_units(p_pool uuid, p_most int) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_now      timestamptz := clock_timestamp();
  v_pool     stock_pools;
  v_sale     record;
  v_entry    waiting_list;
  v_quantity bigint;
  v_left     bigint;
  v_offered  bigint := 0;
  v_gone     int := 0;
  v_hold     uuid;
BEGIN
  SELECT * INTO v_pool FROM stock_pools WHERE id = p_pool;
  SELECT s.id, s.offer_seconds, s.limit_per_customer, s.currency, i.price,
         s.ended_at IS NULL AND s.paused_at IS NULL AND v_now >= s.opens_at AND v_now < s.closes_at AS selling
    INTO v_sale
    FROM sale_items i JOIN sales s ON s.id = i.sale_id WHERE i.pool_id = p_pool;
  v_left := v_pool.on_hand - v_pool.held - v_pool.sold;
  IF NOT v_sale.selling OR v_now < v_pool.reopens_at THEN
    RETURN 0;
  END IF;
  -- name: offer_in_order
  -- why:  the line's own index leads to whoever came first
  -- cost: rows 100, buffers 300
  FOR v_entry IN SELECT * FROM waiting_list WHERE pool_id = p_pool AND state = 'waiting' ORDER BY place LIMIT p_most LOOP
    EXIT WHEN v_left <= 0;
    v_gone := v_gone + 1;
    -- What is left goes to the first, even if it is less than they hoped for: nobody waits for somebody else's wish.
    v_quantity := least(v_entry.quantity, v_left, v_sale.limit_per_customer - coalesce(
      (SELECT held + sold FROM sale_customers WHERE sale_id = v_sale.id AND customer_key = v_entry.customer_key), 0));
    IF v_quantity < 1 THEN
      UPDATE waiting_list SET state = 'left', ended_at = v_now WHERE id = v_entry.id;
      CONTINUE;
    END IF;
    v_hold := new_id();
    INSERT INTO holds (id, sale_id, pool_id, variant_id, customer_key, idempotency_key, quantity, unit_price,
                       currency, created_at, expires_at, network)
    VALUES (v_hold, v_sale.id, p_pool, v_pool.variant_id, v_entry.customer_key, 'waiting:' || v_entry.id, v_quantity,
            v_sale.price, v_sale.currency, v_now, v_now + make_interval(secs => v_sale.offer_seconds),
            v_entry.network);
    INSERT INTO sale_customers AS c (sale_id, customer_key, held, maximum)
    VALUES (v_sale.id, v_entry.customer_key, v_quantity, v_sale.limit_per_customer)
    ON CONFLICT (sale_id, customer_key) DO UPDATE SET held = c.held + excluded.held, maximum = excluded.maximum;
    INSERT INTO stock_movements (pool_id, kind, held_delta, hold_id) VALUES (p_pool, 'held', v_quantity, v_hold);
    UPDATE waiting_list SET state = 'offered', hold_id = v_hold, offered_at = v_now WHERE id = v_entry.id;
    -- The place was counted against its network when it was taken, so there is room for its offer.
    UPDATE pool_networks SET held = held + v_quantity WHERE pool_id = p_pool AND network = v_entry.network;
    INSERT INTO outbox (kind, payload) VALUES ('waiting_offered', jsonb_build_object('waiting_id', v_entry.id));
    v_left := v_left - v_quantity;
    v_offered := v_offered + v_quantity;
  END LOOP;
  UPDATE stock_pools SET held = held + v_offered, waiting = waiting - v_gone WHERE id = p_pool AND v_gone > 0;
  RETURN v_offered;
END
$$;

-- Looks after every line: offers what came back, notes what became of offers, closes the lines of sales that are over.
-- Returns how many places in line it changed; one bounded bite.
CREATE OR REPLACE FUNCTION look_after_lines(p_pools int, p_most int) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  v_pool    uuid;
  v_over    boolean;
  v_closed  int;
  v_changed bigint := 0;
BEGIN
  -- name: lines_to_serve
  -- why:  pools where somebody waits; one that is busy just now is served by the next look
  -- cost: rows 50, buffers 300
  FOR v_pool, v_over IN
    SELECT p.id, s.ended_at IS NOT NULL OR s.closes_at <= clock_timestamp()
      FROM stock_pools p JOIN sales s ON s.id = p.sale_id
     WHERE p.waiting > 0 ORDER BY p.id LIMIT p_pools FOR NO KEY UPDATE OF p SKIP LOCKED
  LOOP
    IF NOT v_over THEN
      v_changed := v_changed + offer_units(v_pool, p_most);
      CONTINUE;
    END IF;
    WITH ended AS (
      SELECT id FROM waiting_list WHERE pool_id = v_pool AND state = 'waiting' ORDER BY place LIMIT p_most
    ), closed AS (
      UPDATE waiting_list w SET state = 'closed', ended_at = clock_timestamp() FROM ended WHERE w.id = ended.id
      RETURNING w.id, w.email
    ), told AS (
      INSERT INTO outbox (kind, payload)
      SELECT 'waiting_closed', jsonb_build_object('waiting_id', id) FROM closed WHERE email IS NOT NULL
    )
    SELECT count(*) INTO v_closed FROM closed;
    UPDATE stock_pools SET waiting = waiting - v_closed WHERE id = v_pool;
    v_changed := v_changed + v_closed;
  END LOOP;
  -- name: lines_note_offers
  -- why:  an offer ends with its hold: paid it was taken, otherwise it lapsed and its unit went to the next
  -- cost: rows 500, buffers 4000
  WITH ended AS (
    SELECT w.id, h.state FROM waiting_list w JOIN holds h ON h.id = w.hold_id
     WHERE w.state = 'offered' AND h.state IN ('sold', 'released', 'expired') LIMIT p_most
  ), noted AS (
    UPDATE waiting_list w SET state = CASE ended.state WHEN 'sold' THEN 'taken' ELSE 'lapsed' END,
                              ended_at = clock_timestamp()
      FROM ended WHERE w.id = ended.id RETURNING w.id, w.email, ended.state
  ), told AS (
    INSERT INTO outbox (kind, payload)
    SELECT 'waiting_lapsed', jsonb_build_object('waiting_id', id) FROM noted WHERE state = 'expired' AND email IS NOT NULL
  )
  SELECT v_changed + count(*) INTO v_changed FROM noted;
  RETURN v_changed;
END
$$;

-- An earlier version had no networks.
DROP FUNCTION IF EXISTS join_waiting_list(uuid, uuid, uuid, text, text, int, text, text, int);

-- Takes a place at the end of a line, or says why not; `waiting_id` is the place, also one that was taken before.
CREATE OR REPLACE FUNCTION join_waiting_list(
  p_sale uuid, p_variant uuid, p_id uuid, p_customer text, p_key text, p_quantity int, p_email text, p_secret text,
  p_line_max int, p_network text
) RETURNS TABLE (answer text, waiting_id uuid, hold_id uuid, has int, line_limit int) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
  v_now   timestamptz;
  v_pool  stock_pools;
  v_sale  sales;
  v_entry waiting_list;
  v_left  bigint;
  v_share bigint;
BEGIN
  SELECT p.* INTO v_pool FROM sale_items i JOIN stock_pools p ON p.id = i.pool_id
   WHERE i.sale_id = p_sale AND i.variant_id = p_variant FOR NO KEY UPDATE OF p;
  SELECT * INTO v_sale FROM sales WHERE id = p_sale;
  v_now := clock_timestamp();
  v_left := v_pool.on_hand - v_pool.held - v_pool.sold;
  line_limit := v_sale.limit_per_customer;
  has := coalesce((SELECT held + sold FROM sale_customers WHERE sale_id = p_sale AND customer_key = p_customer), 0);
  SELECT * INTO v_entry FROM waiting_list
   WHERE sale_id = p_sale AND customer_key = p_customer AND idempotency_key = p_key;
  IF NOT FOUND THEN
    SELECT * INTO v_entry FROM waiting_list
     WHERE pool_id = v_pool.id AND customer_key = p_customer AND state IN ('waiting', 'offered');
  END IF;
  SELECT h.id INTO hold_id FROM holds h
   WHERE h.sale_id = p_sale AND h.customer_key = p_customer AND h.pool_id = v_pool.id
     AND h.state IN ('held', 'paying') AND h.expires_at > v_now LIMIT 1;
  waiting_id := v_entry.id;
  v_share := network_share(v_pool.id);
  answer := CASE
    WHEN v_pool.id IS NULL THEN 'NotInSale'
    WHEN v_entry.idempotency_key = p_key AND v_entry.pool_id = v_pool.id AND v_entry.quantity = p_quantity
         AND v_entry.email IS NOT DISTINCT FROM p_email THEN 'Replayed'
    WHEN v_entry.idempotency_key = p_key THEN 'KeyReused'
    WHEN v_sale.ended_at IS NOT NULL OR v_now >= v_sale.closes_at THEN 'SaleOver'
    WHEN v_now < v_sale.opens_at THEN 'NotOpenYet'
    WHEN v_entry.id IS NOT NULL THEN 'InLine'
    WHEN hold_id IS NOT NULL THEN 'AlreadyYours'
    WHEN has + p_quantity > v_sale.limit_per_customer THEN 'LimitReached'
    WHEN v_left = 0 AND v_pool.held = 0 THEN 'SoldOut'
    WHEN v_left > 0 AND v_pool.waiting = 0 AND v_now >= v_pool.reopens_at AND v_sale.paused_at IS NULL THEN 'StillLeft'
    WHEN v_pool.waiting >= p_line_max THEN 'LineFull'
    WHEN p_quantity > (SELECT room FROM network_rooms(v_pool.id, v_share, ARRAY[p_network])) THEN 'NetworkFull'
    ELSE 'Joined'
  END;
  IF answer = 'Joined' THEN
    INSERT INTO waiting_list (id, sale_id, pool_id, customer_key, idempotency_key, quantity, email, secret, network)
    VALUES (p_id, p_sale, v_pool.id, p_customer, p_key, p_quantity, p_email, p_secret, p_network);
    PERFORM count_networks(v_pool.id, v_share, ARRAY[p_network], ARRAY[0], ARRAY[p_quantity]);
    UPDATE stock_pools SET waiting = waiting + 1 WHERE id = v_pool.id;
    waiting_id := p_id;
  END IF;
  RETURN NEXT;
END
$$;

-- Leaves a line; false when the place is not the caller's or not in a line any more.
CREATE OR REPLACE FUNCTION leave_waiting_list(p_id uuid, p_secret text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_pool uuid := (SELECT pool_id FROM waiting_list WHERE id = p_id AND secret = p_secret);
BEGIN
  PERFORM 1 FROM stock_pools WHERE id = v_pool FOR NO KEY UPDATE;
  UPDATE waiting_list SET state = 'left', ended_at = clock_timestamp()
   WHERE id = p_id AND secret = p_secret AND state = 'waiting';
  IF FOUND THEN
    UPDATE stock_pools SET waiting = waiting - 1 WHERE id = v_pool;
    RETURN true;
  END IF;
  RETURN false;
END
$$;
