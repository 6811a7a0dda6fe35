-- How many units of one pool a network may hold unpaid, so that who never pays cannot keep the stock from everybody else
-- (OWASP OAT-021, denial of inventory). Everything here is read and changed under the pool's lock.
--
-- A network may hold its share of the pool, and as many more as it has paid for beyond what it let lapse. Networks that
-- let more lapse than they paid for are doubtful: all of them together have one share of what is not sold yet, so that
-- they get none of the last units.

-- Returns the share of a pool in units; null when the sale sets no bound.
CREATE OR REPLACE FUNCTION network_share(p_pool uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT greatest(s.limit_per_customer, floor(p.on_hand * s.network_share_percent / 100.0))::bigint
    FROM stock_pools p JOIN sales s ON s.id = p.sale_id
   WHERE p.id = p_pool AND s.network_share_percent < 100
$$;

-- Returns what all doubtful networks together may hold of a pool.
CREATE OR REPLACE FUNCTION doubtful_share(p_pool uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT floor((p.on_hand - p.sold) * s.network_share_percent / 100.0)::bigint
    FROM stock_pools p JOIN sales s ON s.id = p.sale_id WHERE p.id = p_pool
$$;

-- Returns for each of these networks the bucket its units count towards (itself, or 'doubtful') and the room left in it.
CREATE OR REPLACE FUNCTION network_rooms(p_pool uuid, p_share bigint, p_networks text[])
RETURNS TABLE (network text, bucket text, room bigint) LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
  -- name: network_rooms
  -- why:  the doubtful are summed only when one of them asks; a thousand of them are enough to know that it is full
  -- cost: rows 128, buffers 1600
  RETURN QUERY
    SELECT w.network,
           CASE WHEN n.lapsed > n.sold THEN 'doubtful' ELSE w.network END,
           CASE WHEN n.lapsed > n.sold THEN
                  doubtful_share(p_pool) - (SELECT sum(d.held + d.waiting)::bigint
                               FROM (SELECT held, waiting FROM pool_networks
                                      WHERE pool_id = p_pool AND lapsed > sold LIMIT 1000) d)
                ELSE p_share + coalesce(n.sold - n.lapsed - n.held - n.waiting, 0) END
      FROM (SELECT DISTINCT u.network FROM unnest(p_networks) AS u(network) WHERE u.network IS NOT NULL) w
      LEFT JOIN LATERAL (
        SELECT c.held, c.waiting, c.sold, c.lapsed
          FROM pool_networks c WHERE c.pool_id = p_pool AND c.network = w.network LIMIT 1
      ) n ON true;
END
$$;

-- Counts units that networks newly hold or wait for; whether there is room was judged before.
CREATE OR REPLACE FUNCTION count_networks(
  p_pool uuid, p_share bigint, p_networks text[], p_held int[], p_waiting int[]
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
  -- name: networks_count
  -- why:  the bound is a constraint; with the pool locked nobody else adds the same network meanwhile
  -- cost: rows 0, buffers 1600
  MERGE INTO pool_networks AS c
  USING (SELECT w.network, sum(w.held) AS held, sum(w.waiting) AS waiting
           FROM unnest(p_networks, p_held, p_waiting) AS w(network, held, waiting)
          WHERE w.network IS NOT NULL AND w.held + w.waiting > 0
          GROUP BY w.network) AS n
     ON c.pool_id = p_pool AND c.network = n.network
   WHEN NOT MATCHED THEN
        INSERT (pool_id, network, held, waiting, maximum)
        VALUES (p_pool, n.network, n.held, n.waiting, coalesce(p_share, n.held + n.waiting))
   WHEN MATCHED THEN
        UPDATE SET held = c.held + n.held, waiting = c.waiting + n.waiting,
                   maximum = CASE WHEN p_share IS NULL THEN c.held + c.waiting + n.held + n.waiting
                                  ELSE greatest(c.held + c.waiting, p_share + greatest(c.sold - c.lapsed, 0)) END;
END
$$;
