-- What a drill reads beside the crowd: the sale's units, once a second.

-- name: drill_stock
-- why:  the stock curve of a drill, and whether its sale has settled
-- cost: rows 1, buffers 20
SELECT coalesce(sum(on_hand), 0)::bigint AS units, coalesce(sum(held), 0)::bigint AS held,
       coalesce(sum(sold), 0)::bigint AS sold
FROM stock_pools
WHERE sale_id = :sale_id::uuid;
