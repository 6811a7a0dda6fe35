-- name: newest_products
-- why:  the home page and the list of all products, newest first
-- cost: rows 101, buffers 8000
SELECT page.id, page.handle, page.title, page.vendor, page.category, 0 AS sort_key,
       offer.price, offer.price_to, offer.compare_at, offer.variant_count, offer.units
FROM (
  SELECT id, handle, title, vendor, category
  FROM products
  WHERE status = 'active' AND id < :after_id
  ORDER BY id DESC
  LIMIT :size
) AS page
LEFT JOIN LATERAL (
  -- The limit is a fence: without it the planner adds up the whole catalogue and joins the page to it.
  SELECT * FROM product_offers WHERE product_id = page.id AND currency = :currency LIMIT 1
) AS offer ON true
ORDER BY page.id DESC;

-- name: products_in_collection
-- why:  a collection's page shows its products in the merchant's order
-- cost: rows 101, buffers 9000
SELECT page.id, page.handle, page.title, page.vendor, page.category, page.position AS sort_key,
       offer.price, offer.price_to, offer.compare_at, offer.variant_count, offer.units
FROM (
  SELECT products.id, products.handle, products.title, products.vendor, products.category, listed.position
  FROM collection_products AS listed
  JOIN products ON products.id = listed.product_id AND products.status = 'active'
  WHERE listed.collection_id = (SELECT id FROM collections WHERE collections.handle = :handle)
    AND (listed.position, listed.product_id) > (:after_position::int, :after_id::uuid)
  ORDER BY listed.position, listed.product_id
  LIMIT :size
) AS page
LEFT JOIN LATERAL (
  -- The limit is a fence: without it the planner adds up the whole catalogue and joins the page to it.
  SELECT * FROM product_offers WHERE product_id = page.id AND currency = :currency LIMIT 1
) AS offer ON true
ORDER BY page.position, page.id;

-- name: products_like
-- why:  a product's page offers a few more of the same category
-- cost: rows 24, buffers 2000
SELECT page.id, page.handle, page.title, page.vendor, page.category, 0 AS sort_key,
       offer.price, offer.price_to, offer.compare_at, offer.variant_count, offer.units
FROM (
  SELECT id, handle, title, vendor, category
  FROM products
  WHERE status = 'active' AND category = :category AND id <> :product_id
  ORDER BY id DESC
  LIMIT :size
) AS page
LEFT JOIN LATERAL (
  -- The limit is a fence: without it the planner adds up the whole catalogue and joins the page to it.
  SELECT * FROM product_offers WHERE product_id = page.id AND currency = :currency LIMIT 1
) AS offer ON true
ORDER BY page.id DESC;

-- name: product_by_handle
-- why:  a product's page needs everything about it in one round trip
-- cost: rows 1, buffers 1500
SELECT products.id, products.handle, products.title, products.vendor, products.category, products.description_html,
       products.tags, products.option_names, products.created_at,
       (SELECT coalesce(jsonb_agg(to_jsonb(offered) ORDER BY offered.position, offered.sku), '[]')
        FROM (
          SELECT variants.id, variants.sku, variants.option_values, variants.position, variants.weight_grams,
                 variants.requires_shipping, variants.tax_category, prices.amount, prices.compare_at_amount,
                 (SELECT coalesce(sum(on_hand - held - sold), 0)
                  FROM stock_pools WHERE stock_pools.variant_id = variants.id AND sale_id IS NULL) AS units
          FROM variants
          LEFT JOIN prices ON prices.variant_id = variants.id AND prices.currency = :currency
          WHERE variants.product_id = products.id
          ORDER BY variants.position
          LIMIT 100
        ) AS offered) AS variants,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('url', url, 'alt', alt) ORDER BY position), '[]')
        FROM (SELECT url, alt, position FROM media WHERE product_id = products.id ORDER BY position LIMIT 50) AS shown
       ) AS media,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('handle', handle, 'title', title) ORDER BY position), '[]')
        FROM (
          SELECT collections.handle, collections.title, collections.position
          FROM collection_products
          JOIN collections ON collections.id = collection_products.collection_id
          WHERE collection_products.product_id = products.id
          ORDER BY collections.position
          LIMIT 20
        ) AS listed) AS collections
FROM products
WHERE products.handle = :handle AND products.status = 'active';

-- name: variant_by_sku
-- why:  carts, sales and the API name what they want by its SKU
-- cost: rows 1, buffers 30
SELECT variants.id, variants.sku, variants.option_values, variants.position, variants.weight_grams,
       variants.requires_shipping, variants.tax_category, prices.amount, prices.compare_at_amount,
       products.id AS product_id, products.handle AS product_handle, products.title AS product_title,
       (SELECT coalesce(sum(on_hand - held - sold), 0)::bigint
        FROM stock_pools WHERE stock_pools.variant_id = variants.id AND sale_id IS NULL) AS units
FROM variants
JOIN products ON products.id = variants.product_id AND products.status = 'active'
LEFT JOIN prices ON prices.variant_id = variants.id AND prices.currency = :currency
WHERE variants.sku = :sku;
