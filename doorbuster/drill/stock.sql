-- What a drill asks of the database beside its crowd: goods to sell, and the sale's units twice a second.

-- name: drill_stock
-- why:  the stock curve of a drill, and whether its sale has settled
-- cost: rows 1, buffers 20
SELECT coalesce(sum(on_hand), 0)::bigint AS units, coalesce(sum(held), 0)::bigint AS held,
       coalesce(sum(sold), 0)::bigint AS sold
FROM stock_pools
WHERE sale_id = :sale_id::uuid;

-- name: drill_goods
-- why:  what the drill's sale offers: a variant of one of the newest products, with where to browse on the way to it
-- cost: rows 1, buffers 400
SELECT v.id AS variant_id, v.sku, p.handle AS product, p.title, prices.amount,
       coalesce((SELECT c.handle FROM collection_products cp JOIN collections c ON c.id = cp.collection_id
                 WHERE cp.product_id = p.id LIMIT 1), '') AS collection
FROM (SELECT id, handle, title FROM products WHERE status = 'active' ORDER BY id DESC LIMIT 50) p
JOIN variants v ON v.product_id = p.id
JOIN prices ON prices.variant_id = v.id AND prices.currency = :currency
ORDER BY p.id DESC, v.position
LIMIT 1;

-- name: drill_waits
-- why:  what PostgreSQL's sessions do during a drill, by what they wait for
-- cost: rows 20, buffers 200
SELECT coalesce(lower(wait_event_type), 'cpu') AS class, count(*)::int AS sessions
FROM pg_stat_activity
WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1 LIMIT 20;
