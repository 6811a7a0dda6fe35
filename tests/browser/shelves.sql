-- A lamp with one variant, a jacket with three of which one is sold out, and a collection with both.
INSERT INTO products (id, handle, title, description_html, category, tags, option_names) VALUES
  ('00000000-0000-7000-8000-00000000a001', 'lamp', 'The lamp', '<p>Bright, patient, and never in the way.</p>', 'homedecor', '{light}', '{}'),
  ('00000000-0000-7000-8000-00000000a002', 'jacket', 'The jacket', '<p>Warm without a word.</p>', 'apparel', '{warm}', '{Size}');
INSERT INTO variants (id, product_id, position, sku, option_values) VALUES
  ('00000000-0000-7000-8000-00000000b001', '00000000-0000-7000-8000-00000000a001', 1, 'LAMP', '{}'),
  ('00000000-0000-7000-8000-00000000b002', '00000000-0000-7000-8000-00000000a002', 1, 'JACKET-S', '{S}'),
  ('00000000-0000-7000-8000-00000000b003', '00000000-0000-7000-8000-00000000a002', 2, 'JACKET-M', '{M}'),
  ('00000000-0000-7000-8000-00000000b004', '00000000-0000-7000-8000-00000000a002', 3, 'JACKET-L', '{L}');
INSERT INTO prices (variant_id, currency, amount, compare_at_amount)
  SELECT id, 'GBP', 3999, CASE sku WHEN 'JACKET-S' THEN 5999 END FROM variants;
INSERT INTO stock_pools (id, variant_id, location_id, on_hand)
  SELECT gen_random_uuid(), id, '00000000-0000-7000-8000-000000000001', CASE sku WHEN 'JACKET-M' THEN 0 ELSE 400 END FROM variants;
INSERT INTO stock_movements (pool_id, kind, on_hand_delta) SELECT id, 'received', on_hand FROM stock_pools WHERE on_hand > 0;
INSERT INTO collections (id, handle, title, position) VALUES ('00000000-0000-7000-8000-00000000c001', 'all', 'Everything good', 1);
INSERT INTO collection_products (collection_id, product_id, position)
  SELECT '00000000-0000-7000-8000-00000000c001', id, 1 FROM products;
