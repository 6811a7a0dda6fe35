-- Fills the shop of a drill: many products with common and rare words, and a history of orders, both skewed as in life.
-- Ids carry their number.

-- name: ground_products
-- why:  a large catalogue: products of few common and many rare words, each with a variant and a price
-- cost: rows 0, buffers 40000000, growth linear
WITH drawn AS (
  SELECT n, (('x' || substr(md5(n::text), 1, 8))::bit(32)::bigint & 2147483647) / 2147483648.0 AS u,
         (('x' || substr(md5(n::text), 9, 8))::bit(32)::bigint & 2147483647) / 2147483648.0 AS v
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), named AS (
  SELECT n, (ARRAY['Lamp', 'Chair', 'Table', 'Shelf', 'Mirror', 'Rug', 'Vase', 'Stool', 'Desk', 'Clock'])[1 + (10 * u * u)::int % 10] AS noun,
         (ARRAY['oak', 'linen', 'brass', 'glass', 'walnut', 'wool', 'steel', 'clay'])[1 + (8 * v * v)::int % 8] AS material, u, v
    FROM drawn
), made AS (
  INSERT INTO products (id, handle, title, category, vendor, description_html, source)
  SELECT ('0a000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'made-up-' || n,
         noun || ' of ' || material || ' no. ' || n, noun || 's', 'Maker ' || (400 * v * v)::int,
         '<p>A ' || lower(noun) || ' of ' || material || ', made by hand. Piece ' || md5(n::text) || '.</p>', 'drill'
    FROM named
), varied AS (
  INSERT INTO variants (id, product_id, sku)
  SELECT ('0b000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ('0a000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'MADE-UP-' || n
    FROM named
)
INSERT INTO prices (variant_id, currency, amount)
SELECT ('0b000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :currency::text, 500 + (20000 * u * v)::bigint FROM named;

-- name: ground_orders
-- why:  a history of orders, most of them by few customers and of few products; it took no unit of this shop
-- cost: rows 0, buffers 90000000, growth linear
WITH drawn AS (
  SELECT n, (('x' || substr(md5(n::text), 1, 8))::bit(32)::bigint & 2147483647) / 2147483648.0 AS u
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), placed AS (
  INSERT INTO orders (id, number, secret, customer_key, idempotency_key, request_hash, email, email_key, state, currency,
                      items_amount, shipping_amount, tax_amount, total_amount, shipping_method, shipping_address, source,
                      placed_at, paid_at)
  SELECT ('0d000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 5000000 + n, md5('secret' || n), 's:made-up-' || n, 'made-up-' || n, '\x00',
         'customer' || (20000 * u ^ 3)::int || '@example.com', 'customer' || (20000 * u ^ 3)::int || '@example.com', 'paid', :currency::text, 999, 395, 0, 1394,
         'Royal Mail', '{"name": "Ada", "line1": "1 Street", "city": "Leeds", "postcode": "LS1", "country": "GB"}', 'drill',
         now() - n * interval '1 minute', now() - n * interval '1 minute'
    FROM drawn
)
INSERT INTO order_lines (order_id, position, sku, title, quantity, unit_price)
SELECT ('0d000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'MADE-UP-' || (1 + 1000 * u * u)::int, 'Lamp', 1, 999 FROM drawn;

-- name: ground_statistics
-- why:  the planner must know what came in
-- cost: rows 0, buffers 400000, growth linear
ANALYZE products, variants, prices, orders, order_lines;
