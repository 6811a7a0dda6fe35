-- Grows a shop by sets: products, and orders with all that belongs to them. Ids carry their number, so that a benchmark
-- knows them without asking. What else a shop has in its tables stands in furniture.sql.

-- name: grow_products
-- why:  products with a variant, a price and a name of few common words
-- cost: rows 0, buffers 40000000, growth linear
WITH made AS (
  INSERT INTO products (id, handle, title, category, source)
  SELECT ('0a000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'grown-' || n, 'Lamp ' || md5(n::text) || ' of oak', 'Shelf ' || n % 200, 'bench'
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), varied AS (
  INSERT INTO variants (id, product_id, sku)
  SELECT ('0b000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ('0a000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'GROWN-' || n FROM generate_series(:from_n::bigint, :to_n::bigint) n
)
INSERT INTO prices (variant_id, currency, amount)
SELECT ('0b000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'GBP', 500 + n % 5000 FROM generate_series(:from_n::bigint, :to_n::bigint) n;

-- name: grow_stock
-- why:  every variant has units on the shop's shelf
-- cost: rows 0, buffers 40000000, growth linear
WITH pools AS (
  INSERT INTO stock_pools (id, variant_id, location_id, on_hand)
  SELECT ('0c000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ('0b000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :location_id, 1000000
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
)
INSERT INTO stock_movements (pool_id, kind, on_hand_delta)
SELECT ('0c000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'received', 1000000 FROM generate_series(:from_n::bigint, :to_n::bigint) n;

-- name: grow_orders
-- why:  orders of the sale, paid, except one in a hundred that waits for its payment
-- cost: rows 0, buffers 90000000, growth linear
WITH orders_made AS (
  INSERT INTO orders (id, number, secret, customer_key, idempotency_key, request_hash, email, email_key, sale_id, state,
                      currency, items_amount, shipping_amount, tax_amount, total_amount, shipping_method,
                      shipping_address, placed_at, units_until, paid_at)
  SELECT ('0d000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1000000 + n, md5('secret' || n), 's:grown-' || n, 'order-key-of-' || n, '\x00',
         'shopper' || n || '@example.com', 'shopper' || n || '@example.com', :sale_id,
         CASE WHEN n % 100 = 0 THEN 'awaiting_payment' ELSE 'paid' END, 'GBP', 999, 395, 0, 1394, 'Royal Mail',
         '{"name": "Ada", "line1": "1 Street", "city": "Leeds", "postcode": "LS1", "country": "GB"}',
         -- A grown shop is kept for a day: what waits for its payment has its units until then, as its hold has its end.
         now() - n * interval '1 second', now() + interval '1 day', CASE WHEN n % 100 = 0 THEN NULL ELSE now() - n * interval '1 second' END
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), lines AS (
  INSERT INTO order_lines (order_id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price)
  SELECT ('0d000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, :variant_id, ('0f000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :pool_id, 'GROWN', 'Lamp', 1, 999
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
)
INSERT INTO payments (id, order_id, gateway, gateway_ref, state, amount, currency, created_at, captured_at)
SELECT ('0e000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ('0d000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'hosted', CASE WHEN n % 100 = 0 THEN NULL ELSE 'pi_' || n END,
       CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'captured' END, 1394, 'GBP',
       now() - n * interval '1 second' + CASE WHEN n % 100 = 0 THEN n * interval '1 second' + interval '1 day' ELSE '0' END,
       CASE WHEN n % 100 = 0 THEN NULL ELSE now() - n * interval '1 second' END
  FROM generate_series(:from_n::bigint, :to_n::bigint) n;

-- name: grow_holds
-- why:  the holds of those orders, and one of a hundred more that nobody has ordered yet
-- cost: rows 0, buffers 90000000, growth linear
WITH holds_made AS (
  INSERT INTO holds (id, sale_id, pool_id, variant_id, customer_key, idempotency_key, quantity, unit_price, currency,
                     state, email_key, created_at, expires_at)
  SELECT ('0f000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :sale_id, :pool_id, :variant_id, 's:grown-' || n, 'hold-key-of-' || n, 1, 999, 'GBP',
         CASE WHEN n % 100 = 0 THEN 'paying' ELSE 'sold' END, 'e:shopper' || n || '@example.com',
         now() - interval '1 minute', now() + interval '1 day'
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), idle AS (
  INSERT INTO holds (id, sale_id, pool_id, variant_id, customer_key, idempotency_key, quantity, unit_price, currency,
                     created_at, expires_at)
  SELECT ('09000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, :sale_id, :pool_id, :variant_id, 's:idle-' || n, 'hold-key-of-' || n, 1, 999, 'GBP',
         now() - interval '1 minute', now() + interval '1 day'
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 100 = 0
), counted AS (
  INSERT INTO sale_customers (sale_id, customer_key, held, sold, maximum)
  SELECT :sale_id, prefix || n || suffix, CASE WHEN n % 100 = 0 THEN 1 ELSE 0 END, CASE WHEN n % 100 = 0 THEN 0 ELSE 1 END, 1
    FROM generate_series(:from_n::bigint, :to_n::bigint) n,
         (VALUES ('s:grown-', ''), ('e:shopper', '@example.com')) AS who(prefix, suffix)
  UNION ALL
  SELECT :sale_id, 's:idle-' || n, 1, 0, 1 FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 100 = 0
)
INSERT INTO stock_movements (pool_id, kind, held_delta, sold_delta, hold_id, order_id)
SELECT :pool_id, kind, held, sold, ('0f000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ('0d000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
  FROM generate_series(:from_n::bigint, :to_n::bigint) n, (VALUES ('held', 1, 0), ('sold', -1, 1)) AS moved(kind, held, sold);

-- name: grow_pool
-- why:  the pool counts what was made up
-- cost: rows 0, buffers 20
UPDATE stock_pools SET on_hand = 2000000000, held = :held, sold = :sold, reopens_at = '-infinity' WHERE id = :pool_id;
