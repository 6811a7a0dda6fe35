-- name: shop_pool_of_variant
-- why:  pages and sales ask how many units the shop has of its own
-- cost: rows 1, buffers 8
SELECT id, variant_id, sale_id, on_hand, held, sold
  FROM stock_pools
 WHERE variant_id = :variant_id AND sale_id IS NULL
 LIMIT 1;

-- name: make_shop_pool
-- why:  a variant gets its pool when somebody first counts its units
-- cost: rows 0, buffers 20
INSERT INTO stock_pools (id, variant_id, location_id)
VALUES (:id, :variant_id, :location_id)
ON CONFLICT ON CONSTRAINT stock_pools_one_per_place DO NOTHING;

-- name: lock_shop_pool
-- why:  whoever changes a pool holds its row first, so that counters and ledger move together
-- cost: rows 1, buffers 8
SELECT id, variant_id, sale_id, on_hand, held, sold
  FROM stock_pools
 WHERE variant_id = :variant_id AND sale_id IS NULL
 LIMIT 1
   FOR NO KEY UPDATE;

-- name: move_on_hand
-- why:  units arrive, leave, or move between the shop and a sale; the ledger says so in the same statement
-- cost: rows 0, buffers 20
WITH moved AS (
  UPDATE stock_pools SET on_hand = on_hand + :units::bigint WHERE id = :pool_id::uuid RETURNING id
)
INSERT INTO stock_movements (pool_id, kind, on_hand_delta, reason)
SELECT id, :kind::text, :units::bigint, :reason::text FROM moved;
