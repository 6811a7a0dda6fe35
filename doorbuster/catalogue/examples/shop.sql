-- name: add_shelves
-- why:  the example shop's collections have names and descriptions that no price list gives them
-- cost: rows 0, buffers 200
INSERT INTO collections (id, handle, title, description_html, position)
SELECT id, handle, title, description_html, position
FROM jsonb_to_recordset(:shelves::jsonb) AS shelf(
  id uuid, handle text, title text, description_html text, position int)
ON CONFLICT (handle) DO NOTHING;

-- name: fill_shelf
-- why:  a few featured products stand on a shelf of their own
-- cost: rows 0, buffers 500
INSERT INTO collection_products (collection_id, product_id, position)
SELECT collections.id, products.id, listed.position
FROM unnest(:handles::text[]) WITH ORDINALITY AS listed(handle, position)
JOIN products ON products.handle = listed.handle
JOIN collections ON collections.handle = :shelf
ON CONFLICT (product_id, collection_id) DO NOTHING;
