-- Expires at most p_most holds whose time is over (of one pool, or of all when p_pool is null) and gives their units
-- back; returns how many.
--
-- Pools are locked first, in id order, then the holds: the order of locks everywhere. Which holds are over is decided
-- again after the locks were had, because a payment may have come first. Holds being paid (`paying`) had their time
-- extended when payment began; money that arrives after all is re-held or refunded by settle_payments().
CREATE OR REPLACE FUNCTION expire_holds(p_most int, p_pool uuid) RETURNS int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_now   timestamptz := clock_timestamp();
  v_ids   uuid[];
  v_pools uuid[];
  v_count int;
BEGIN
  -- name: expire_find
  -- why:  the index holds_to_expire leads straight to the oldest
  -- cost: rows 1000, buffers 3100
  SELECT array_agg(h.id), array_agg(DISTINCT h.pool_id)
    INTO v_ids, v_pools
    FROM (SELECT id, pool_id FROM holds
           WHERE state IN ('held', 'paying') AND expires_at <= v_now AND (p_pool IS NULL OR pool_id = p_pool)
           ORDER BY expires_at LIMIT p_most) h;
  IF v_ids IS NULL THEN
    RETURN 0;
  END IF;
  -- name: expire_lock_pools
  -- why:  pools before holds, in id order
  -- cost: rows 100, buffers 500
  PERFORM p.id FROM stock_pools p WHERE p.id = ANY (v_pools) ORDER BY p.id FOR NO KEY UPDATE;
  -- name: expire_give_back
  -- why:  holds, counters, limits and ledger change together or not at all
  -- cost: rows 1000, buffers 16000
  WITH over AS (
    SELECT h.id FROM holds h
     WHERE h.id = ANY (v_ids) AND h.state IN ('held', 'paying') AND h.expires_at <= v_now
     ORDER BY h.id FOR NO KEY UPDATE
  ), expired AS (
    UPDATE holds h SET state = 'expired' FROM over WHERE h.id = over.id
    RETURNING h.id, h.pool_id, h.sale_id, h.customer_key, h.email_key, h.quantity
  ), pools AS (
    UPDATE stock_pools p SET held = p.held - e.units
      FROM (SELECT pool_id, sum(quantity) AS units FROM expired GROUP BY pool_id) e
     WHERE p.id = e.pool_id
  ), customers AS (
    UPDATE sale_customers c SET held = c.held - e.units
      FROM (SELECT x.sale_id, x.customer_key, sum(x.quantity)::int AS units
              FROM (SELECT sale_id, customer_key, quantity FROM expired
                    UNION ALL
                    SELECT sale_id, email_key, quantity FROM expired WHERE email_key IS NOT NULL) x
             GROUP BY x.sale_id, x.customer_key ORDER BY x.sale_id, x.customer_key) e
     WHERE c.sale_id = e.sale_id AND c.customer_key = e.customer_key
  ), ledger AS (
    INSERT INTO stock_movements (pool_id, kind, held_delta, hold_id)
    SELECT pool_id, 'expired', -quantity, id FROM expired
  )
  SELECT count(*) INTO v_count FROM expired;
  RETURN v_count;
END
$$;
