-- name: claim_holds
-- why:  the one door through which a unit is promised; many callers, one round trip, one commit
-- cost: rows 129, buffers 12000
SELECT place, answer, hold_id, hold_variant, hold_quantity, hold_price, hold_state, hold_expires_at, units_left,
       customer_has, pool_version
  FROM claim_holds(:sale_id, :variant_id, :ids, :customers, :keys, :quantities, :prices, :networks);

-- name: hold_of_owner
-- why:  the owner sees what is held, what it costs and for how long; nobody else sees anything
-- cost: rows 1, buffers 20
SELECT h.id, h.sale_id, s.handle AS sale_handle, s.title AS sale_title, h.variant_id, v.sku, p.title, p.handle,
       h.quantity, h.unit_price, h.currency, h.state, h.expires_at, clock_timestamp() AS now
  FROM holds h
  JOIN variants v ON v.id = h.variant_id
  JOIN products p ON p.id = v.product_id
  LEFT JOIN sales s ON s.id = h.sale_id
 WHERE h.id = :hold_id AND h.customer_key = :customer_key
 LIMIT 1;

-- name: lock_pool_of_hold
-- why:  pools are locked before holds, everywhere, so that nobody can deadlock
-- cost: rows 1, buffers 12
SELECT p.id FROM stock_pools p WHERE p.id = (SELECT h.pool_id FROM holds h WHERE h.id = :hold_id) FOR NO KEY UPDATE;

-- name: release_hold
-- why:  a shopper who changes their mind gives the unit back at once, with its line in the ledger
-- cost: rows 1, buffers 60
WITH released AS (
  UPDATE holds SET state = 'released'
   WHERE id = :hold_id AND customer_key = :customer_key AND state = 'held'
  RETURNING id, pool_id, sale_id, customer_key, email_key, quantity
), pool AS (
  UPDATE stock_pools p SET held = p.held - r.quantity FROM released r WHERE p.id = r.pool_id
), customer AS (
  UPDATE sale_customers c SET held = c.held - k.quantity
    FROM (SELECT r.sale_id, r.quantity, k.key FROM released r, unnest(ARRAY[r.customer_key, r.email_key]) AS k(key)) k
   WHERE c.sale_id = k.sale_id AND c.customer_key = k.key
), ledger AS (
  INSERT INTO stock_movements (pool_id, kind, held_delta, hold_id)
  SELECT pool_id, 'released', -quantity, id FROM released
)
SELECT id FROM released;

-- name: expire_holds
-- why:  a hold that nobody paid in time gives its units back; a bounded bite, oldest first
-- cost: rows 1, buffers 20000
SELECT expire_holds(:most, NULL) AS expired;

-- name: reopen_pools
-- why:  once the return of a unit is committed it is announced, so that claims can begin when every memory has lapsed
-- cost: rows 0, buffers 200
UPDATE stock_pools SET reopens_at = clock_timestamp() + interval '1.2 seconds'
 WHERE id IN (SELECT p.id FROM stock_pools p WHERE p.reopens_at = 'infinity' ORDER BY p.id LIMIT 100
              FOR NO KEY UPDATE SKIP LOCKED);
