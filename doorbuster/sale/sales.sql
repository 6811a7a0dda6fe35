-- name: sale_by_handle
-- why:  a shopper opens the sale's page
-- cost: rows 1, buffers 6
SELECT id, handle, title, description, opens_at, closes_at, hold_seconds, limit_per_customer,
       network_share_percent, currency, paused_at, ended_at, leftovers_returned_at, clock_timestamp() AS now
  FROM sales WHERE handle = :handle LIMIT 1;

-- name: sale_by_id
-- why:  programs name a sale by its id
-- cost: rows 1, buffers 6
SELECT id, handle, title, description, opens_at, closes_at, hold_seconds, limit_per_customer,
       network_share_percent, currency, paused_at, ended_at, leftovers_returned_at, clock_timestamp() AS now
  FROM sales WHERE id = :sale_id LIMIT 1;

-- name: list_sales
-- why:  the list of sales, the latest opening first
-- cost: rows 200, buffers 210
SELECT id, handle, title, description, opens_at, closes_at, hold_seconds, limit_per_customer,
       network_share_percent, currency, paused_at, ended_at, leftovers_returned_at, clock_timestamp() AS now
  FROM sales
 WHERE (opens_at, id) < (coalesce(:before::timestamptz, 'infinity'), coalesce(:before_id::uuid, id))
 ORDER BY opens_at DESC, id DESC
 LIMIT :most;

-- name: live_sales
-- why:  each worker knows by heart the sales that shoppers come for
-- cost: rows 100, buffers 120
SELECT id, handle, title, description, opens_at, closes_at, hold_seconds, limit_per_customer,
       network_share_percent, currency, paused_at, ended_at, leftovers_returned_at, clock_timestamp() AS now
  FROM sales
 WHERE leftovers_returned_at IS NULL AND closes_at > now() - interval '1 hour'
 ORDER BY closes_at
 LIMIT 100;

-- name: sale_of_variants
-- why:  a product's page points to the sale it is in
-- cost: rows 1, buffers 60
SELECT s.id, s.handle, s.title, s.description, s.opens_at, s.closes_at, s.hold_seconds, s.limit_per_customer,
       s.network_share_percent, s.currency, s.paused_at, s.ended_at, s.leftovers_returned_at, clock_timestamp() AS now
  FROM sale_items i JOIN sales s ON s.id = i.sale_id
 WHERE i.variant_id = ANY (:variant_ids::uuid[]) AND s.ended_at IS NULL AND s.closes_at > now()
 ORDER BY s.opens_at
 LIMIT 1;

-- name: items_of_sales
-- why:  items with their counters, for all sales of a page at once
-- cost: rows 1000, buffers 12000
SELECT i.sale_id, i.variant_id, i.pool_id, v.sku, p.title, p.handle, p.category, v.option_values, i.price,
       r.amount AS compare_at, k.on_hand AS units, k.held, k.sold, k.waiting, k.reopens_at
  FROM sale_items i
  JOIN sales s ON s.id = i.sale_id
  JOIN stock_pools k ON k.id = i.pool_id
  JOIN variants v ON v.id = i.variant_id
  JOIN products p ON p.id = v.product_id
  LEFT JOIN prices r ON r.variant_id = v.id AND r.currency = s.currency AND r.amount > i.price
 WHERE i.sale_id = ANY (:sale_ids::uuid[])
 ORDER BY i.sale_id, i.position, i.variant_id
 LIMIT 1000;

-- name: insert_sale
-- why:  a merchant schedules a sale
-- cost: rows 0, buffers 20
INSERT INTO sales (id, handle, title, description, opens_at, closes_at, hold_seconds, limit_per_customer,
                   network_share_percent, currency)
VALUES (:id, :handle, :title, :description, :opens_at, :closes_at, :hold_seconds, :limit_per_customer,
        :network_share_percent, :currency);

-- name: insert_pool_of_sale
-- why:  a sale gets a pool of its own, so that the hot row is the sale's alone; it starts full, with its ledger line
-- cost: rows 0, buffers 40
WITH pool AS (
  INSERT INTO stock_pools (id, variant_id, location_id, sale_id, on_hand)
  VALUES (:pool_id, :variant_id, :location_id, :sale_id, :units)
  RETURNING id, on_hand
)
INSERT INTO stock_movements (pool_id, kind, on_hand_delta) SELECT id, 'allocated', on_hand FROM pool;

-- name: insert_item
-- why:  what the sale sells, at which price, out of which pool
-- cost: rows 0, buffers 20
INSERT INTO sale_items (sale_id, variant_id, pool_id, position, price, units)
VALUES (:sale_id, :variant_id, :pool_id, :position, :price, :units);

-- name: variants_by_skus
-- why:  a merchant names what to sell by SKU
-- cost: rows 100, buffers 500
SELECT v.id, v.sku FROM variants v WHERE v.sku = ANY (:skus::text[]) LIMIT 100;

-- name: lock_pools_of_sale
-- why:  whoever plans, pauses, ends or edits a sale waits for the claims in flight, and they for it; in id order
-- cost: rows 200, buffers 1400
SELECT k.id, k.variant_id, k.sale_id, k.on_hand, k.held, k.sold
  FROM stock_pools k
 WHERE k.id IN (SELECT i.pool_id FROM sale_items i WHERE i.sale_id = :sale_id
                UNION ALL
                SELECT o.id FROM sale_items i JOIN stock_pools o ON o.variant_id = i.variant_id AND o.sale_id IS NULL
                 WHERE i.sale_id = :sale_id)
 ORDER BY k.id
 LIMIT 200
   FOR NO KEY UPDATE OF k;

-- name: lock_sale
-- why:  edits of one sale come one after the other
-- cost: rows 1, buffers 8
SELECT id, handle, title, description, opens_at, closes_at, hold_seconds, limit_per_customer,
       network_share_percent, currency, paused_at, ended_at, leftovers_returned_at, clock_timestamp() AS now
  FROM sales WHERE id = :sale_id LIMIT 1 FOR NO KEY UPDATE;

-- name: pause_sale
-- why:  the merchant stops claims for a while; what is held stays held
-- cost: rows 0, buffers 10
UPDATE sales SET paused_at = clock_timestamp() WHERE id = :sale_id AND paused_at IS NULL AND ended_at IS NULL;

-- name: resume_sale
-- why:  claims may go on
-- cost: rows 0, buffers 10
UPDATE sales SET paused_at = NULL WHERE id = :sale_id AND paused_at IS NOT NULL AND ended_at IS NULL;

-- name: end_sale
-- why:  no more claims for ever; what is held may still be paid
-- cost: rows 0, buffers 10
UPDATE sales SET ended_at = clock_timestamp() WHERE id = :sale_id AND ended_at IS NULL;

-- name: edit_sale
-- why:  a live sale is corrected; holds already given keep their price and time
-- cost: rows 0, buffers 30
UPDATE sales
   SET title = :title, description = :description, opens_at = :opens_at, closes_at = :closes_at,
       hold_seconds = :hold_seconds, limit_per_customer = :limit_per_customer,
       network_share_percent = :network_share_percent
 WHERE id = :sale_id;

-- name: edit_item
-- why:  a new price counts for claims from now on
-- cost: rows 0, buffers 20
UPDATE sale_items SET price = :price, units = :units WHERE sale_id = :sale_id AND variant_id = :variant_id;

-- name: sales_to_finish
-- why:  sales that are over and not settled: their leftovers go back when nothing is held any more
-- cost: rows 100, buffers 120
SELECT id FROM sales
 WHERE leftovers_returned_at IS NULL AND (ended_at IS NOT NULL OR closes_at <= now())
 ORDER BY closes_at
 LIMIT 100;

-- name: finish_sale
-- why:  the sale's books are closed
-- cost: rows 0, buffers 10
UPDATE sales SET ended_at = coalesce(ended_at, closes_at), leftovers_returned_at = clock_timestamp()
 WHERE id = :sale_id AND leftovers_returned_at IS NULL;
