-- What a shop has besides the orders of one great sale: shelves, regular customers, carts, mails, lines and rooms. The
-- rows are skewed as life is: the first regular has hundreds of orders, most have one.

-- name: furnish_ids
-- why:  ids carry their number; a function of the session keeps the statements below readable
-- cost: rows 0, buffers 200
CREATE OR REPLACE FUNCTION pg_temp.grown(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT ('0' || kind || '000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

-- name: furnish_chance
-- why:  a number that looks like chance and is the same in every run, from 0 to 1
-- cost: rows 0, buffers 200
CREATE OR REPLACE FUNCTION pg_temp.chance(n bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
$$ SELECT (hashint8(n)::bigint & 1048575) / 1048576.0 $$;

-- name: furnish_house
-- why:  what a shop has a handful of: a place for its goods, deliveries, taxes, collections
-- cost: rows 0, buffers 4000
WITH places AS (
  INSERT INTO locations (id, name) VALUES (:location_id, 'Shop') ON CONFLICT DO NOTHING
), deliveries AS (
  INSERT INTO shipping_methods (id, name, countries, currency, amount, position)
  SELECT pg_temp.grown('1', n), 'Way ' || n, CASE WHEN n > 2 THEN ARRAY['GB', 'IE', 'FR'] END, 'GBP', 395 + 100 * n, n
    FROM generate_series(1, 8) n
), taxes AS (
  INSERT INTO tax_rates (country, tax_category, name, basis_points)
  SELECT country, 'standard', 'VAT', 2000 FROM unnest(ARRAY['GB', 'IE', 'FR', 'DE', 'US']) AS country ON CONFLICT DO NOTHING
)
INSERT INTO collections (id, handle, title, position)
SELECT pg_temp.grown('2', n), 'collection-' || n, 'Collection ' || n, n FROM generate_series(1, 60) n;

-- name: furnish_sales
-- why:  two hundred sales of long ago, one that is coming, the great one of today and a quiet one beside it
-- cost: rows 0, buffers 20000
WITH made AS (
  INSERT INTO sales (id, handle, title, opens_at, closes_at, currency, ended_at, leftovers_returned_at)
  SELECT pg_temp.grown('3', n), 'sale-' || n, 'Sale ' || n, now() - n * interval '1 day', now() - n * interval '1 day' + interval '2 hours',
         'GBP', now() - n * interval '1 day' + interval '2 hours', now() - n * interval '1 day' + interval '3 hours'
    FROM generate_series(2, 200) n
  UNION ALL
  SELECT :sale_id::uuid, 'great', 'The great sale', now() - interval '1 hour', now() + interval '30 days', 'GBP', NULL, NULL
  UNION ALL
  SELECT pg_temp.grown('3', 201), 'quiet', 'The quiet sale', now() - interval '1 hour', now() + interval '30 days', 'GBP', NULL, NULL
  UNION ALL
  SELECT pg_temp.grown('3', 1), 'sale-1', 'Sale 1', now() + interval '1 day', now() + interval '2 days', 'GBP', NULL, NULL
  RETURNING id
), pools AS (
  INSERT INTO stock_pools (id, variant_id, location_id, sale_id, on_hand)
  SELECT pg_temp.grown('4', row_number() OVER (ORDER BY id)), pg_temp.grown('b', row_number() OVER (ORDER BY id)), :location_id::uuid, id, 1000
    FROM made WHERE id <> :sale_id::uuid
  UNION ALL SELECT :pool_id::uuid, :variant_id::uuid, :location_id::uuid, :sale_id::uuid, 2000000000
  RETURNING id, variant_id, sale_id
)
INSERT INTO sale_items (sale_id, variant_id, pool_id, price, units) SELECT sale_id, variant_id, id, 999, 100 FROM pools;

-- name: furnish_shelves
-- why:  pictures, places in collections (the first ones are full), and the words that a search knows
-- cost: rows 0, buffers 20000000, growth linear
WITH pictures AS (
  INSERT INTO media (id, product_id, url, alt)
  SELECT pg_temp.grown('5', n), pg_temp.grown('a', n), '/media/' || n || '.svg', 'Lamp' FROM generate_series(:from_n::bigint, :to_n::bigint) n
), listed AS (
  INSERT INTO collection_products (collection_id, product_id, position)
  SELECT pg_temp.grown('2', 1 + (60 * pg_temp.chance(n) ^ 3)::int % 60), pg_temp.grown('a', n), n::int
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
)
INSERT INTO search_words (word, trigrams, products)
SELECT word, ARRAY(SELECT DISTINCT substr(' ' || word || ' ', at, 3) FROM generate_series(1, length(word)) at ORDER BY 1), 1
  FROM generate_series(:from_n::bigint, :to_n::bigint) n, substr(md5(n::text), 1, 9) AS word
ON CONFLICT DO NOTHING;

-- name: furnish_orders
-- why:  orders of carts by regular customers: who is first in the list comes a hundred times as often as the last
-- cost: rows 0, buffers 90000000, growth linear
WITH ordered AS MATERIALIZED (
  SELECT n, 'regular' || (20000 * pg_temp.chance(n) ^ 4)::int AS who,
         (ARRAY['fulfilled', 'fulfilled', 'fulfilled', 'paid', 'cancelled', 'refunded'])[1 + n % 6] AS state,
         now() - (n % 31536000) * interval '1 second' AS at
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), orders_made AS (
  INSERT INTO orders (id, number, secret, customer_key, idempotency_key, request_hash, email, email_key, cart_id, state,
                      currency, items_amount, shipping_amount, tax_amount, total_amount, shipping_method,
                      shipping_address, placed_at, paid_at)
  SELECT pg_temp.grown('6', n), 100000000 + n, md5('secret' || n), 's:' || who, 'cart-order-' || n, '\x00',
         who || '@example.com', who || '@example.com', CASE WHEN n % 10 < 5 THEN pg_temp.grown('8', n) END, state, 'GBP', 1998, 395, 0, 2393, 'Royal Mail',
         '{"name": "Ada", "line1": "1 Street", "city": "Leeds", "postcode": "LS1", "country": "GB"}', at, at
    FROM ordered
), lines AS (
  INSERT INTO order_lines (order_id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price)
  SELECT pg_temp.grown('6', n), line, pg_temp.grown('b', goods), NULL, pg_temp.grown('c', goods), 'GROWN-' || goods, 'Lamp', 1, 999
    FROM ordered, generate_series(1, 2) line, LATERAL (SELECT 1 + ((:products - 1) * pg_temp.chance(n * 7 + line) ^ 3)::bigint AS goods) drawn
), paid AS (
  INSERT INTO payments (id, order_id, gateway, gateway_ref, state, amount, refunded_amount, currency, created_at, captured_at)
  SELECT pg_temp.grown('7', n), pg_temp.grown('6', n), CASE WHEN n % 20 = 0 THEN 'stripe' ELSE 'hosted' END, 'pc_' || n,
         CASE state WHEN 'cancelled' THEN 'failed' WHEN 'refunded' THEN 'refunded' ELSE 'captured' END, 2393, CASE state WHEN 'refunded' THEN 2393 ELSE 0 END, 'GBP', at,
         CASE WHEN state <> 'cancelled' THEN at END
    FROM ordered
)
INSERT INTO refunds (id, payment_id, amount, reason, state, gateway_ref, created_at, done_at)
SELECT pg_temp.grown('7', n), pg_temp.grown('7', n), 2393, 'changed their mind', CASE WHEN n % 600 = 5 THEN 'failed' ELSE 'done' END, 're_' || n, at, at
  FROM ordered WHERE state = 'refunded';

-- name: furnish_carts
-- why:  carts as they are left behind: most abandoned, few open
-- cost: rows 0, buffers 30000000, growth linear
WITH made AS (
  INSERT INTO carts (id, customer_key, currency, state, created_at, updated_at)
  SELECT pg_temp.grown('8', n), 's:cart-' || n, 'GBP', CASE WHEN n % 10 < 5 THEN 'ordered' WHEN n % 10 < 9 THEN 'abandoned' ELSE 'open' END,
         now() - n * interval '1 second', now() - n * interval '1 second'
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
)
INSERT INTO cart_lines (cart_id, variant_id, quantity)
SELECT pg_temp.grown('8', n), pg_temp.grown('b', 1 + ((:products - 1) * pg_temp.chance(n * 5 + line) ^ 3)::bigint), 1
  FROM generate_series(:from_n::bigint, :to_n::bigint) n, generate_series(1, 3) line
ON CONFLICT DO NOTHING;

-- name: furnish_papers
-- why:  what every purchase leaves behind: a mail, a callback, a line in the journal, a finished job
-- cost: rows 0, buffers 60000000, growth linear
WITH mailed AS (
  INSERT INTO mails (id, effect_key, recipient, subject, text_body, html_body, state, created_at, sent_at)
  SELECT pg_temp.grown('1', n), 'order_confirmation:' || n, 'shopper' || n || '@example.com', 'Your order', 'Thank you', '<p>Thank you</p>',
         CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'sent' END, now() - n * interval '1 second', now()
    FROM generate_series(:from_n::bigint, :to_n::bigint) n
), called AS (
  INSERT INTO payment_callbacks (gateway, event_id) SELECT 'hosted', 'evt_' || n FROM generate_series(:from_n::bigint, :to_n::bigint) n
), kept AS (
  INSERT INTO idempotency_keys (customer_key, idempotency_key, request_hash, status, body)
  SELECT 's:grown-' || n, 'key-' || n, '\x00', 201, '{}' FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 10 = 0
), known AS (
  INSERT INTO customers (id, email, email_key)
  SELECT pg_temp.grown('2', n), 'shopper' || n || '@example.com', 'shopper' || n || '@example.com'
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 10 = 0
), written AS (
  INSERT INTO journal (id, at, actor, role, verb, subject)
  SELECT pg_temp.grown('3', n), now() - n * interval '1 second', 'ada', 'operator', 'changed', CASE WHEN n % 3 = 0 THEN 'sale:great' ELSE 'order:' || n END
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 10 = 0
), disagreed AS (
  INSERT INTO discrepancies (id, gateway, kind, reference, detail, found_at, closed_at)
  SELECT pg_temp.grown('4', n), 'hosted', 'charged_for_nobody', 'ref-' || n, 'nobody', now() - n * interval '1 second', CASE WHEN n % 50000 > 0 THEN now() END
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 500 = 0
), parked AS (
  INSERT INTO pgqueuer (priority, status, entrypoint, payload, attempts)
  SELECT 0, CASE WHEN n % 5000 = 0 THEN 'failed' ELSE 'queued' END::pgqueuer_status, 'order_confirmation', '{}', 0
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 1000 = 0
)
INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, created)
SELECT n, 'successful', 0, 'order_confirmation', now() - n * interval '1 second' FROM generate_series(:from_n::bigint, :to_n::bigint) n;

-- name: furnish_outbox
-- why:  the outbox is emptied every moment: what is in it is little, at any size of the shop
-- cost: rows 0, buffers 4000
INSERT INTO outbox (kind, payload) SELECT 'order_confirmation', '{}' FROM generate_series(1, 300) n;

-- name: furnish_line
-- why:  people who wait for the great sale's units, and who asked to be told of the coming one
-- cost: rows 0, buffers 30000000, growth linear
WITH waiting AS (
  INSERT INTO waiting_list (id, sale_id, pool_id, customer_key, idempotency_key, quantity, email, secret, state, network)
  SELECT pg_temp.grown('5', n), :sale_id::uuid, :pool_id::uuid, 's:waits-' || n, 'wait-' || n, 1, 'w' || n || '@example.com', md5('w' || n),
         CASE WHEN n % 4 = 0 THEN 'waiting' ELSE 'left' END, NULL
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 10 = 0
), stopped AS (
  INSERT INTO mail_stops (email_key) SELECT 'stop' || n || '@example.com' FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 100 = 0
)
INSERT INTO sale_notices (id, sale_id, email, email_key, secret, state)
SELECT pg_temp.grown('6', n), CASE WHEN n % 3 = 0 THEN pg_temp.grown('3', 1) ELSE pg_temp.grown('3', 2 + n % 199) END, 'n' || n || '@example.com',
       'n' || n || '@example.com', md5('n' || n), CASE WHEN n % 9 = 0 THEN 'asked' ELSE 'sent' END
  FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 10 = 0;

-- name: furnish_pool
-- why:  the pool counts those who wait in its line
-- cost: rows 0, buffers 20
UPDATE stock_pools SET waiting = :orders::bigint / 20 WHERE id = :pool_id::uuid;

-- name: furnish_overdue
-- why:  ten orders that nobody paid in time, whose units are gone, and as many holds to be swept up
-- cost: rows 0, buffers 12000
WITH gone AS (
  UPDATE holds SET state = 'expired'
   WHERE id = ANY (ARRAY(SELECT pg_temp.grown('f', 100 * n) FROM generate_series(1, 10) n)) AND state = 'paying'
), over AS (
  UPDATE holds SET expires_at = now() - interval '1 minute'
   WHERE id = ANY (ARRAY(SELECT pg_temp.grown('9', 100 * n) FROM generate_series(1, 10) n)) AND state = 'held'
)
UPDATE orders SET units_until = now() - interval '1 minute'
 WHERE id = ANY (ARRAY(SELECT pg_temp.grown('d', 100 * n) FROM generate_series(1, 10) n)) AND state = 'awaiting_payment';

-- name: furnish_room
-- why:  the great sale has a waiting room with stripes for those who come; a thousand were called each second
-- cost: rows 0, buffers 2000
WITH opened AS (
  INSERT INTO rooms (sale_id, entry_order, phase, secret, commitment, rate, allowance, tail, serving, lapsed, drawn_at, seed)
  VALUES (:sale_id::uuid, 'lottery', 'admitting', '\x01', sha256('\x01'), 100, 1e9, 2000000000, 1000000000, 999910000, now(), '\x02')
  RETURNING sale_id
)
INSERT INTO room_stripes (sale_id, stripe) SELECT sale_id, n FROM opened, generate_series(0, 11) n;

-- name: furnish_tickets
-- why:  a ticket for one in five, few of them with a pass just now
-- cost: rows 0, buffers 30000000, growth linear
WITH asked AS (
  INSERT INTO room_letters (sale_id, mailbox) SELECT :sale_id::uuid, 'm' || n || '@example.com' FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 50 = 0
), called AS (
  INSERT INTO room_calls (sale_id, serving, called_at) SELECT :sale_id::uuid, 1000000000 - n, now() - n * interval '1 millisecond'
    FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 1000 = 0
)
INSERT INTO room_tickets (sale_id, customer_key, stripe, place, issued_at, position, passes, pass_until)
SELECT :sale_id::uuid, 's:ticket-' || n, (n / 5) % 10, n / 50, now() - interval '1 hour', CASE WHEN n % 100 = 0 THEN 1000000000 - n END,
       CASE WHEN n % 100 = 0 THEN 1 ELSE 0 END,
       CASE WHEN n % 100 <> 0 THEN NULL WHEN n < 20000 THEN now() + interval '1 hour' ELSE now() - interval '1 day' END
  FROM generate_series(:from_n::bigint, :to_n::bigint) n WHERE n % 5 = 0;
