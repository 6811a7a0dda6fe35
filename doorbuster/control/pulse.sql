-- name: units_of_live_sales
-- why:  the control room draws each live sale's units over time, and learns by it that PostgreSQL answers
-- cost: rows 20, buffers 400
SELECT live.id AS sale_id, live.handle, live.opens_at, live.closes_at,
       coalesce(sum(on_hand - held - sold), 0)::bigint AS left_,
       coalesce(sum(held), 0)::bigint AS held,
       coalesce(sum(sold), 0)::bigint AS sold
  FROM (SELECT id, handle, opens_at, coalesce(ended_at, closes_at) AS closes_at FROM sales
         WHERE leftovers_returned_at IS NULL AND opens_at < now() + interval '5 minutes'
         ORDER BY closes_at
         LIMIT 20) live
  JOIN stock_pools ON stock_pools.sale_id = live.id
 GROUP BY live.id, live.handle, live.opens_at, live.closes_at;
