-- name: claim_keys
-- why:  within one run a handle or SKU belongs to the line that named it first; tells which line that is
-- cost: rows 5000, buffers 60000
WITH given AS (
  SELECT key, line FROM jsonb_to_recordset(:claims::jsonb) AS claim(key text, line bigint)
), claimed AS (
  INSERT INTO import_claims (import_id, key, line)
  SELECT :import_id::uuid, key, line FROM given
  ON CONFLICT (import_id, key) DO NOTHING
  RETURNING key, line
)
SELECT key, line FROM claimed
UNION ALL
SELECT import_claims.key, import_claims.line
FROM import_claims
WHERE import_id = :import_id AND key IN (SELECT key FROM given);

-- name: forget_claims
-- why:  a finished run needs its claims no more, and nobody those of a run that died a day ago
-- cost: rows 0, buffers 3000000, growth linear
DELETE FROM import_claims WHERE import_id = :import_id OR import_id < :older_than;

-- name: take_turns
-- why:  two imports at once write their batches one after the other
-- cost: rows 1, buffers 1
SELECT pg_advisory_xact_lock(hashtext('doorbuster import')) IS NULL AS waited;

-- name: existing_products
-- why:  a batch updates the products that are there and adds the others
-- cost: rows 500, buffers 3000
SELECT id, handle, source, vendor FROM products WHERE handle = ANY(:handles::text[]) LIMIT 5000;

-- name: existing_variants
-- why:  a draft is matched with the variant of its SKU or of its options; a SKU of another product is refused
-- cost: rows 20000, buffers 60000
SELECT id, product_id, sku, option_values FROM variants WHERE product_id = ANY(:product_ids::uuid[])
UNION
SELECT id, product_id, sku, option_values FROM variants WHERE sku = ANY(:skus::text[])
LIMIT 200000;

-- name: leave_collections
-- why:  a product whose category changed leaves the old category's collection
-- cost: rows 500, buffers 10000
DELETE FROM collection_products
USING products, jsonb_to_recordset(:products::jsonb) AS draft(id uuid, category text), collections
WHERE products.id = draft.id AND products.category <> draft.category AND collection_products.product_id = products.id
  AND collections.id = collection_products.collection_id
  AND collections.handle = trim(BOTH '-' FROM regexp_replace(lower(products.category), '[^a-z0-9]+', '-', 'g'));

-- name: put_products
-- why:  writes the products of a batch; those that are as given already stay untouched
-- cost: rows 500, buffers 60000
INSERT INTO products (id, handle, title, description_html, vendor, category, tags, option_names, status, source)
SELECT id, handle, title, description_html, vendor, category, tags, option_names, status, :source
FROM jsonb_to_recordset(:products::jsonb) AS draft(
  id uuid, handle text, title text, description_html text, vendor text, category text, tags text[],
  option_names text[], status text)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET title = excluded.title, description_html = excluded.description_html, vendor = excluded.vendor,
    category = excluded.category, tags = excluded.tags, option_names = excluded.option_names,
    status = excluded.status, updated_at = now()
WHERE (products.title, products.description_html, products.vendor, products.category, products.tags,
       products.option_names, products.status)
  IS DISTINCT FROM (excluded.title, excluded.description_html, excluded.vendor, excluded.category, excluded.tags,
       excluded.option_names, excluded.status)
RETURNING id;

-- name: update_variants
-- why:  changes the variants that are there; runs before the new ones come, so that options can pass on
-- cost: rows 5000, buffers 60000
UPDATE variants
SET sku = draft.sku, option_values = draft.option_values, position = draft.position,
    weight_grams = draft.weight_grams, requires_shipping = draft.requires_shipping
FROM jsonb_to_recordset(:variants::jsonb) AS draft(
  id uuid, sku text, option_values text[], position int, weight_grams int, requires_shipping boolean)
WHERE variants.id = draft.id
  AND (variants.sku, variants.option_values, variants.position, variants.weight_grams, variants.requires_shipping)
    IS DISTINCT FROM (draft.sku, draft.option_values, draft.position, draft.weight_grams, draft.requires_shipping)
RETURNING variants.product_id;

-- name: add_variants
-- why:  writes the variants of a batch that are not there yet
-- cost: rows 5000, buffers 100000
INSERT INTO variants (id, product_id, position, sku, option_values, weight_grams, requires_shipping)
SELECT id, product_id, position, sku, option_values, weight_grams, requires_shipping
FROM jsonb_to_recordset(:variants::jsonb) AS draft(
  id uuid, product_id uuid, position int, sku text, option_values text[], weight_grams int, requires_shipping boolean)
RETURNING product_id;

-- name: put_prices
-- why:  writes the prices of a batch's variants; those that are as given already stay untouched
-- cost: rows 5000, buffers 60000
INSERT INTO prices (variant_id, currency, amount, compare_at_amount)
SELECT id, :currency, amount, compare_at
FROM jsonb_to_recordset(:variants::jsonb) AS draft(id uuid, amount bigint, compare_at bigint)
ON CONFLICT (variant_id, currency) DO UPDATE
SET amount = excluded.amount, compare_at_amount = excluded.compare_at_amount
WHERE (prices.amount, prices.compare_at_amount) IS DISTINCT FROM (excluded.amount, excluded.compare_at_amount)
RETURNING (SELECT product_id FROM variants WHERE variants.id = prices.variant_id);

-- name: put_media
-- why:  writes the addresses of a batch's pictures; those that are as given already stay untouched
-- cost: rows 25000, buffers 200000
INSERT INTO media (id, product_id, position, url, alt)
SELECT id, product_id, position, url, alt
FROM jsonb_to_recordset(:media::jsonb) AS draft(id uuid, product_id uuid, position int, url text, alt text)
ON CONFLICT (product_id, position) DO UPDATE SET url = excluded.url, alt = excluded.alt
WHERE (media.url, media.alt) IS DISTINCT FROM (excluded.url, excluded.alt)
RETURNING product_id;

-- name: drop_media
-- why:  a product that has fewer pictures than before loses the last ones
-- cost: rows 25000, buffers 30000
DELETE FROM media
USING jsonb_to_recordset(:counts::jsonb) AS draft(product_id uuid, media_count int)
WHERE media.product_id = draft.product_id AND media.position > draft.media_count
RETURNING media.product_id;

-- name: add_collections
-- why:  each category is a collection; one that is there keeps what the merchant made of it
-- cost: rows 500, buffers 5000
INSERT INTO collections (id, handle, title, position)
SELECT id, handle, title, 100
FROM jsonb_to_recordset(:collections::jsonb) AS draft(id uuid, handle text, title text)
ON CONFLICT (handle) DO NOTHING
RETURNING handle;

-- name: join_collections
-- why:  a product is in the collection of its category, in the order of the file
-- cost: rows 500, buffers 10000
INSERT INTO collection_products (collection_id, product_id, position)
SELECT collections.id, draft.id, draft.line
FROM jsonb_to_recordset(:products::jsonb) AS draft(id uuid, collection text, line int)
JOIN collections ON collections.handle = draft.collection
ON CONFLICT (product_id, collection_id) DO NOTHING
RETURNING product_id;

-- name: open_pools
-- why:  a variant with stock needs the shop's own pool
-- cost: rows 0, buffers 80000
INSERT INTO stock_pools (id, variant_id, location_id)
SELECT pool_id, variant_id, :location_id
FROM jsonb_to_recordset(:stock::jsonb) AS draft(pool_id uuid, variant_id uuid)
ON CONFLICT ON CONSTRAINT stock_pools_one_per_place DO NOTHING;

-- name: lock_pools
-- why:  stock is compared only after its rows are locked, in the order of their ids
-- cost: rows 5000, buffers 60000
SELECT stock_pools.id
FROM jsonb_to_recordset(:stock::jsonb) AS draft(variant_id uuid, quantity bigint)
JOIN stock_pools ON stock_pools.variant_id = draft.variant_id AND stock_pools.location_id = :location_id
  AND stock_pools.sale_id IS NULL
LEFT JOIN imported_stock ON imported_stock.variant_id = draft.variant_id
WHERE imported_stock.quantity IS DISTINCT FROM draft.quantity
ORDER BY stock_pools.id
FOR UPDATE OF stock_pools;

-- name: move_stock
-- why:  moves each pool by what the file's quantity changed since the last import, never below what is promised
-- cost: rows 5000, buffers 200000
WITH moving AS (
  SELECT stock_pools.id, draft.variant_id, draft.quantity, imported_stock.quantity IS NULL AS first_time,
         greatest(draft.quantity - coalesce(imported_stock.quantity, 0), held + sold - on_hand) AS units
  FROM jsonb_to_recordset(:stock::jsonb) AS draft(variant_id uuid, quantity bigint)
  JOIN stock_pools ON stock_pools.variant_id = draft.variant_id AND stock_pools.location_id = :location_id
    AND stock_pools.sale_id IS NULL
  LEFT JOIN imported_stock ON imported_stock.variant_id = draft.variant_id
  WHERE imported_stock.quantity IS DISTINCT FROM draft.quantity
), moved AS (
  UPDATE stock_pools SET on_hand = on_hand + moving.units, version = version + 1
  FROM moving WHERE stock_pools.id = moving.id AND moving.units <> 0
  RETURNING stock_pools.variant_id
), written AS (
  INSERT INTO stock_movements (pool_id, kind, on_hand_delta, reason)
  SELECT id, CASE WHEN first_time THEN 'received' ELSE 'adjusted' END, units, :reason
  FROM moving WHERE units <> 0
), remembered AS (
  INSERT INTO imported_stock (variant_id, quantity) SELECT variant_id, quantity FROM moving
  ON CONFLICT (variant_id) DO UPDATE SET quantity = excluded.quantity
)
SELECT variants.product_id FROM moved JOIN variants ON variants.id = moved.variant_id;

-- name: put_words
-- why:  search forgives typing mistakes by the catalogue's vocabulary; `products` is about how many use the word
-- cost: rows 0, buffers 300000
INSERT INTO search_words (word, trigrams, products)
SELECT word, trigrams, products
FROM jsonb_to_recordset(:words::jsonb) AS given(word text, trigrams text[], products int)
ORDER BY word
ON CONFLICT (word) DO UPDATE SET products = search_words.products + excluded.products
WHERE excluded.products > 0;
