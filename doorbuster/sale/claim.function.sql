-- An earlier version had no networks.
DROP FUNCTION IF EXISTS claim_holds(uuid, uuid, uuid[], text[], text[], int[], bigint[]);

-- Claims units of one item of one sale for many callers in one round trip.
--
-- The pool's row is locked first and everything else is read in later statements, because in READ COMMITTED a
-- statement's snapshot is taken before it waits for a lock: what it reads beside the locked row may be stale.
-- Callers are answered in array order; the caller of this function sees to it that no customer is in it twice.
-- The first row (place 0) is what everybody who is newly Held has in common; then comes a row for each other caller.
CREATE OR REPLACE FUNCTION claim_holds(
  p_sale uuid, p_variant uuid, p_ids uuid[], p_customers text[], p_keys text[], p_quantities int[], p_prices bigint[],
  p_networks text[]
) RETURNS TABLE (
  place int, answer text, hold_id uuid, hold_variant uuid, hold_quantity int, hold_price bigint, hold_state text,
  hold_expires_at timestamptz, units_left bigint, customer_has int, pool_version bigint
) LANGUAGE plpgsql
-- A plan made while the tables were small must not live on when they have grown: one plan, by index, for ever.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  v_sale    record;
  v_pool    stock_pools%ROWTYPE;
  v_all     record;
  v_now     timestamptz;
  v_expires timestamptz;
  v_left    bigint;
  v_granted bigint := 0;
  v_closed  text;
  v_answers text[] := array_fill('Held'::text, ARRAY[cardinality(p_ids)]);
  v_row     record;
  v_share   bigint;
  v_buckets jsonb;
  v_rooms   jsonb;
  v_roomy   boolean := true;
BEGIN
  -- name: claim_lock_pool
  -- why:  whoever holds the pool's row decides about its units
  -- cost: rows 1, buffers 20
  SELECT p.* INTO v_pool
    FROM sale_items i JOIN stock_pools p ON p.id = i.pool_id
   WHERE i.sale_id = p_sale AND i.variant_id = p_variant
     FOR NO KEY UPDATE OF p;
  IF NOT FOUND THEN
    RETURN QUERY SELECT n, 'NotInSale', NULL::uuid, NULL::uuid, NULL::int, NULL::bigint, NULL::text,
                        NULL::timestamptz, 0::bigint, 0, 0::bigint FROM generate_series(0, cardinality(p_ids)) AS n;
    RETURN;
  END IF;

  -- name: claim_read_sale
  -- why:  opening, pause, end and price are judged by the database's clock, after the lock was had
  -- cost: rows 1, buffers 16
  SELECT s.opens_at, s.closes_at, s.paused_at, s.ended_at, s.hold_seconds, s.limit_per_customer, s.currency,
         s.network_share_percent, i.price
    INTO v_sale
    FROM sales s JOIN sale_items i ON i.sale_id = s.id
   WHERE s.id = p_sale AND i.variant_id = p_variant;

  v_now := clock_timestamp();
  v_expires := v_now + make_interval(secs => v_sale.hold_seconds);
  v_closed := CASE
    WHEN v_sale.ended_at IS NOT NULL OR v_now >= v_sale.closes_at THEN 'SaleOver'
    WHEN v_now < v_sale.opens_at THEN 'NotOpenYet'
    WHEN v_sale.paused_at IS NOT NULL THEN 'Paused'
  END;
  v_left := v_pool.on_hand - v_pool.held - v_pool.sold;

  IF v_closed IS NULL AND v_left > 0 AND v_pool.reopens_at = 'infinity' THEN
    -- name: claim_announce_return
    -- why:  the return of a unit is committed, so it may be announced: claims begin when every memory has lapsed
    -- cost: rows 1, buffers 16
    UPDATE stock_pools SET reopens_at = v_now + interval '1.2 seconds' WHERE id = v_pool.id
    RETURNING reopens_at INTO v_pool.reopens_at;
  END IF;
  IF v_now < v_pool.reopens_at THEN
    v_left := 0;
  END IF;
  IF v_closed IS NULL AND v_pool.waiting > 0 AND v_left > 0 THEN
    -- name: claim_leave_to_line
    -- why:  what came back belongs to those who wait in line; a newcomer gets what they leave
    -- cost: rows 1, buffers 6000
    PERFORM offer_units(v_pool.id, 100);
    SELECT p.* INTO v_pool FROM stock_pools p WHERE p.id = v_pool.id;
    v_left := CASE WHEN v_pool.waiting > 0 THEN 0 ELSE v_pool.on_hand - v_pool.held - v_pool.sold END;
  END IF;
  IF v_closed IS NULL AND v_left = 0 AND v_pool.held > 0 THEN
    -- name: claim_reclaim
    -- why:  when the sweeper sleeps, whoever finds nothing left gives back what is overdue, for those who come next
    -- cost: rows 1, buffers 1600
    PERFORM expire_holds(100, v_pool.id);
  END IF;

  -- name: claim_look_at_all
  -- why:  who was never counted in this sale has no key, no hold and nothing towards the limit
  -- cost: rows 1, buffers 800
  SELECT count(c.customer_key) AS known, sum(w.quantity) AS wanted, max(w.quantity) AS most,
         bool_and(w.price IS NULL OR w.price = v_sale.price) AS price_agreed
    INTO v_all
    FROM unnest(p_customers, p_quantities, p_prices) AS w(customer, quantity, price)
    LEFT JOIN LATERAL (
      -- The limit is a fence: a plan made while the table was empty would read all customers of the sale.
      SELECT c.customer_key FROM sale_customers c WHERE c.sale_id = p_sale AND c.customer_key = w.customer LIMIT 1
    ) c ON true;

  IF v_closed IS NULL AND v_left > 0 AND v_sale.network_share_percent < 100 AND cardinality(array_remove(p_networks, NULL)) > 0 THEN
    v_share := network_share(v_pool.id);
    -- name: claim_room_of_networks
    -- why:  one network cannot keep the stock from the others by never paying
    -- cost: rows 1, buffers 1700
    SELECT jsonb_object_agg(b.network, b.bucket), jsonb_object_agg(b.bucket, b.room), bool_and(b.wanted <= b.room)
      INTO v_buckets, v_rooms, v_roomy
      FROM (SELECT r.network, r.bucket, r.room, sum(w.quantity) OVER (PARTITION BY r.bucket) AS wanted
              FROM network_rooms(v_pool.id, v_share, p_networks) r
              JOIN unnest(p_networks, p_quantities) AS w(network, quantity) ON w.network = r.network) b;
  END IF;

  IF v_closed IS NULL AND v_all.known = 0 AND v_all.price_agreed AND v_roomy
     AND v_all.wanted <= v_left AND v_all.most <= v_sale.limit_per_customer THEN
    v_left := v_left - v_all.wanted;
    v_granted := v_all.wanted;
  ELSE
    -- name: claim_known_callers
    -- why:  a retried key gets its first answer, a second click its first hold, and the limit counts what one has
    -- cost: rows 128, buffers 1600
    FOR v_row IN
      SELECT w.n, h.id AS hold_id, h.idempotency_key = w.key AS replayed,
             h.variant_id = p_variant AND h.quantity = w.quantity AS same_request,
             coalesce(c.held + c.sold, 0) AS has
        FROM unnest(p_customers, p_keys, p_quantities) WITH ORDINALITY AS w(customer, key, quantity, n)
        LEFT JOIN LATERAL (
          SELECT h.id, h.idempotency_key, h.variant_id, h.quantity
            FROM holds h
           WHERE h.sale_id = p_sale AND h.customer_key = w.customer
             AND (h.idempotency_key = w.key
                  OR (h.variant_id = p_variant AND h.state IN ('held', 'paying') AND h.expires_at > v_now))
           ORDER BY h.idempotency_key = w.key DESC
           LIMIT 1
        ) h ON true
        LEFT JOIN LATERAL (
          SELECT c.held, c.sold FROM sale_customers c WHERE c.sale_id = p_sale AND c.customer_key = w.customer LIMIT 1
        ) c ON true
       ORDER BY w.n
    LOOP
      v_answers[v_row.n] := CASE
        WHEN v_row.replayed AND v_row.same_request THEN 'Replayed'
        WHEN v_row.replayed THEN 'KeyReused'
        WHEN v_closed IS NOT NULL THEN v_closed
        WHEN v_row.hold_id IS NOT NULL THEN 'AlreadyYours'
        WHEN v_row.has + p_quantities[v_row.n] > v_sale.limit_per_customer THEN 'LimitReached'
        WHEN p_prices[v_row.n] <> v_sale.price THEN 'PriceChanged'
        WHEN p_quantities[v_row.n] <= v_left
             AND p_quantities[v_row.n] > (v_rooms ->> (v_buckets ->> p_networks[v_row.n]))::bigint THEN 'NetworkFull'
        WHEN p_quantities[v_row.n] <= v_left THEN 'Held'
        WHEN v_pool.held + v_granted > 0 OR v_now < v_pool.reopens_at THEN 'AllHeld'
        ELSE 'SoldOut'
      END;
      IF v_answers[v_row.n] = 'Held' THEN
        v_left := v_left - p_quantities[v_row.n];
        v_granted := v_granted + p_quantities[v_row.n];
        IF v_buckets ? p_networks[v_row.n] THEN
          v_rooms := jsonb_set(v_rooms, ARRAY[v_buckets ->> p_networks[v_row.n]],
            to_jsonb((v_rooms ->> (v_buckets ->> p_networks[v_row.n]))::bigint - p_quantities[v_row.n]));
        END IF;
      ELSIF v_row.hold_id IS NOT NULL THEN
        p_ids[v_row.n] := v_row.hold_id;
      ELSE
        p_ids[v_row.n] := NULL;
      END IF;
      p_prices[v_row.n] := v_row.has;
    END LOOP;
  END IF;

  IF v_granted > 0 THEN
    -- name: claim_insert_holds
    -- why:  one row per claim; its key makes it one effect for ever
    -- cost: rows 0, buffers 2600
    INSERT INTO holds (id, sale_id, pool_id, variant_id, customer_key, idempotency_key, quantity, unit_price,
                       currency, created_at, expires_at, network)
    SELECT w.id, p_sale, v_pool.id, p_variant, w.customer, w.key, w.quantity, v_sale.price,
           v_sale.currency, v_now, v_expires, w.network
      FROM unnest(p_ids, p_customers, p_keys, p_quantities, v_answers, p_networks)
           AS w(id, customer, key, quantity, answer, network)
     WHERE w.answer = 'Held';
    -- name: claim_count_customers
    -- why:  the limit per customer is a constraint, not a hope; rows are taken in key order
    -- cost: rows 0, buffers 1600
    INSERT INTO sale_customers AS c (sale_id, customer_key, held, maximum)
    SELECT p_sale, w.customer, w.quantity, v_sale.limit_per_customer
      FROM unnest(p_customers, p_quantities, v_answers) AS w(customer, quantity, answer)
     WHERE w.answer = 'Held'
     ORDER BY w.customer
    ON CONFLICT (sale_id, customer_key) DO UPDATE SET held = c.held + excluded.held, maximum = excluded.maximum;
    IF cardinality(array_remove(p_networks, NULL)) > 0 THEN
      -- name: claim_count_networks
      -- why:  what a network holds unpaid is a constraint, too
      -- cost: rows 128, buffers 1600
      PERFORM count_networks(v_pool.id, v_share, p_networks, ARRAY(
        SELECT CASE WHEN w.answer = 'Held' THEN w.quantity ELSE 0 END
          FROM unnest(p_quantities, v_answers) WITH ORDINALITY AS w(quantity, answer, n) ORDER BY w.n
      ), array_fill(0, ARRAY[cardinality(p_ids)]));
    END IF;
    -- name: claim_write_ledger
    -- why:  every unit's path can be told afterwards
    -- cost: rows 0, buffers 800
    INSERT INTO stock_movements (pool_id, kind, held_delta, hold_id)
    SELECT v_pool.id, 'held', w.quantity, w.id
      FROM unnest(p_ids, p_quantities, v_answers) AS w(id, quantity, answer)
     WHERE w.answer = 'Held';
    -- name: claim_count_pool
    -- why:  the pool's counters move once per batch
    -- cost: rows 0, buffers 16
    UPDATE stock_pools SET held = held + v_granted WHERE id = v_pool.id RETURNING version INTO v_pool.version;
  END IF;

  RETURN QUERY SELECT 0, 'Held', NULL::uuid, p_variant, NULL::int, v_sale.price, 'held', v_expires, v_left, 0,
                      v_pool.version;
  IF v_all.wanted > v_granted THEN
    -- name: claim_answers
    -- why:  callers who have a hold are told all of it
    -- cost: rows 128, buffers 600
    RETURN QUERY
      SELECT w.n::int, w.answer, h.id, h.variant_id, h.quantity, coalesce(h.unit_price, v_sale.price), h.state,
             h.expires_at, v_left, w.has::int, v_pool.version
        FROM unnest(v_answers, p_ids, p_prices) WITH ORDINALITY AS w(answer, id, has, n)
        LEFT JOIN holds h ON h.id = w.id
       WHERE w.answer <> 'Held';
  END IF;
END
$$;
