-- name: newest_variants
-- why:  the products page begins with what came last
-- cost: rows 40, buffers 700
SELECT v.id, v.sku, p.title, array_to_string(v.option_values, ' / ') AS options, p.handle AS product_handle,
       r.amount AS price, coalesce(k.on_hand - k.held - k.sold, 0) AS left_
  FROM variants v
  JOIN products p ON p.id = v.product_id
  LEFT JOIN prices r ON r.variant_id = v.id AND r.currency = :currency
  LEFT JOIN stock_pools k ON k.variant_id = v.id AND k.sale_id IS NULL
 WHERE :before::uuid IS NULL OR v.id < :before
 ORDER BY v.id DESC
 LIMIT :most;

-- name: matching_variants
-- why:  a merchant looks for what to put on sale, by SKU or by words of the title
-- cost: rows 40, buffers 6000
SELECT v.id, v.sku, p.title, array_to_string(v.option_values, ' / ') AS options, p.handle AS product_handle,
       r.amount AS price, coalesce(k.on_hand - k.held - k.sold, 0) AS left_
  FROM (SELECT id FROM variants WHERE sku = :sku
        UNION
        (SELECT v.id
           FROM (SELECT id FROM products
                  WHERE status = 'active' AND search @@ to_tsquery('english', :beginnings)
                  LIMIT 200) found
           JOIN variants v ON v.product_id = found.id
          LIMIT 400)) matching
  JOIN variants v ON v.id = matching.id
  JOIN products p ON p.id = v.product_id
  LEFT JOIN prices r ON r.variant_id = v.id AND r.currency = :currency
  LEFT JOIN stock_pools k ON k.variant_id = v.id AND k.sale_id IS NULL
 ORDER BY v.sku = :sku DESC, p.title, v.position
 LIMIT :most;

-- name: variants_with_skus
-- why:  the form of a sale shows stock and price beside each chosen item
-- cost: rows 20, buffers 300
SELECT v.id, v.sku, p.title, array_to_string(v.option_values, ' / ') AS options, p.handle AS product_handle,
       r.amount AS price, coalesce(k.on_hand - k.held - k.sold, 0) AS left_
  FROM variants v
  JOIN products p ON p.id = v.product_id
  LEFT JOIN prices r ON r.variant_id = v.id AND r.currency = :currency
  LEFT JOIN stock_pools k ON k.variant_id = v.id AND k.sale_id IS NULL
 WHERE v.sku = ANY (:skus::text[])
 LIMIT 20;
