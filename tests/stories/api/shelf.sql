-- What the API's stories buy from: a lamp, and three sales of it: open, not open yet, and over.
INSERT INTO products (id, handle, title, description_html, vendor, category)
VALUES ('00000000-0000-7000-8000-0000000000a1', 'lamp', 'Lamp', '<p>It shines.</p>', 'Ada', 'lighting');
INSERT INTO variants (id, product_id, sku)
VALUES ('00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-0000000000a1', 'LAMP');
INSERT INTO prices (variant_id, currency, amount) VALUES ('00000000-0000-7000-8000-0000000000a2', 'GBP', 2500);
INSERT INTO collections (id, handle, title) VALUES ('00000000-0000-7000-8000-0000000000a3', 'light', 'Light');
INSERT INTO collection_products (collection_id, product_id)
VALUES ('00000000-0000-7000-8000-0000000000a3', '00000000-0000-7000-8000-0000000000a1');

INSERT INTO sales (id, handle, title, opens_at, closes_at, currency, limit_per_customer, ended_at)
SELECT id::uuid, handle, handle, now() + opens::interval, now() + closes::interval, 'GBP', 2, now() + ended::interval
FROM (VALUES
  ('00000000-0000-7000-8000-0000000000b1', 'open', '-1 minute', '1 day', NULL),
  ('00000000-0000-7000-8000-0000000000b2', 'tomorrow', '1 day', '2 days', NULL),
  ('00000000-0000-7000-8000-0000000000b3', 'yesterday', '-2 days', '-1 day', '-1 day')
) AS planned(id, handle, opens, closes, ended);

INSERT INTO stock_pools (id, variant_id, location_id, on_hand)
VALUES ('00000000-0000-7000-8000-0000000000c0', '00000000-0000-7000-8000-0000000000a2',
        '00000000-0000-7000-8000-000000000001', 50);
INSERT INTO stock_pools (id, variant_id, location_id, sale_id, on_hand)
SELECT ('00000000-0000-7000-8000-0000000000c' || right(id::text, 1))::uuid, '00000000-0000-7000-8000-0000000000a2',
       '00000000-0000-7000-8000-000000000001', id, 500
FROM sales;
INSERT INTO stock_movements (pool_id, kind, on_hand_delta)
SELECT id, 'received', 1550 FROM stock_pools WHERE sale_id IS NULL
UNION ALL SELECT id, 'allocated', -1500 FROM stock_pools WHERE sale_id IS NULL
UNION ALL SELECT id, 'allocated', 500 FROM stock_pools WHERE sale_id IS NOT NULL;
INSERT INTO sale_items (sale_id, variant_id, pool_id, price, units)
SELECT sale_id, variant_id, id, 1500, 500 FROM stock_pools WHERE sale_id IS NOT NULL;
