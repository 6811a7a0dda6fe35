-- What the arguments of functions are given, where no column tells: a query `values_of_NAME` for each such statement.

-- name: values_of_claim_holds
-- why:  a batch of newcomers at the great sale's pool, where many wait in line, and at a sale that has units for all
-- cost: rows 2, buffers 100
SELECT "case", i.sale_id::text, i.variant_id::text, array_agg(gen_random_uuid())::text AS ids,
       array_agg('s:new-' || n)::text AS customers, array_agg('key-of-new-' || n)::text AS keys, array_agg(1)::text AS quantities,
       array_agg(NULL::bigint)::text AS prices, array_agg(CASE WHEN n > 50 THEN 'network-' || n END)::text AS networks
  FROM (VALUES ('hot', 'great'), ('cold', 'quiet')) AS asked("case", handle)
  JOIN sales s ON s.handle = asked.handle JOIN sale_items i ON i.sale_id = s.id, generate_series(1, 100) n
 GROUP BY "case", i.sale_id, i.variant_id
 LIMIT 2;

-- name: values_of_place_orders
-- why:  a batch of shoppers who order what they hold
-- cost: rows 1, buffers 4000
SELECT 'hot' AS "case", '600' AS paying_seconds, '1800' AS hold_seconds_max, jsonb_agg(jsonb_build_object(
         'id', gen_random_uuid(), 'payment_id', gen_random_uuid(), 'gateway', 'hosted', 'secret', repeat('x', 32),
         'customer_key', customer_key, 'idempotency_key', 'wish-' || id, 'request_hash', '\x00', 'email', 'w' || customer_key || '@example.com',
         'email_key', 'w' || customer_key || '@example.com', 'hold_id', id, 'shipping_address',
         '{"name": "Ada", "line1": "1 Street", "line2": "", "city": "Leeds", "postcode": "LS1", "country": "GB"}'::jsonb))::text AS wishes
  FROM (SELECT id, customer_key FROM holds WHERE state = 'held' AND expires_at > now() ORDER BY expires_at LIMIT 100) held
 LIMIT 1;

-- name: values_of_settle_payments
-- why:  callbacks for payments that are waited for: in time, too late, and of those who could not pay
-- cost: rows 3, buffers 12000
SELECT "case", jsonb_agg(jsonb_build_object('id', 'evt-' || id, 'gateway', gateway, 'kind', kind, 'payment_id', id,
         'amount', amount, 'currency', currency, 'gateway_ref', 'new-' || id, 'failure', CASE kind WHEN 'failed' THEN 'refused' END))::text AS events
  FROM (VALUES ('hot', 'captured', true), ('cold', 'captured', false), ('absent', 'failed', true)) AS asked("case", kind, kept),
       LATERAL (SELECT p.* FROM payments p JOIN orders o ON o.id = p.order_id
                 WHERE p.state = 'pending' AND (o.units_until > now()) = kept ORDER BY p.created_at LIMIT 100) due
 GROUP BY "case"
 LIMIT 3;

-- name: values_of_enter_room
-- why:  newcomers at the waiting room of the great sale
-- cost: rows 1, buffers 100
SELECT 'hot' AS "case", r.sale_id::text, array_agg('s:enters-' || n)::text AS customers, array_agg('n:' || n % 40)::text AS networks,
       array_agg(2)::text AS paid, '3' AS stripe
  FROM rooms r, generate_series(1, 100) n GROUP BY r.sale_id
 LIMIT 1;

-- name: values_of_admit_to_sale
-- why:  people of the waiting room whose turn it is
-- cost: rows 1, buffers 4000
SELECT 'hot' AS "case", sale_id::text, array_agg(customer_key)::text AS customers, array_agg(999998000)::text AS positions,
       '86400' AS turn_seconds, '300' AS pass_seconds
  FROM (SELECT sale_id, customer_key FROM room_tickets LIMIT 100) waiting GROUP BY sale_id
 LIMIT 1;

-- name: values_of_cancel_order
-- why:  an order that waits for its payment, and one that was paid
-- cost: rows 2, buffers 40
(SELECT 'hot' AS "case", id::text AS order_id, gen_random_uuid()::text AS refund_id, 'asked for' AS reason
   FROM orders WHERE state = 'awaiting_payment' ORDER BY placed_at LIMIT 1)
UNION ALL
(SELECT 'cold', id::text, gen_random_uuid()::text, 'asked for' FROM orders WHERE state = 'paid' ORDER BY id DESC LIMIT 1)
 LIMIT 2;

-- name: values_of_book_refund
-- why:  the provider tells of a refund that was made at its own dashboard
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", jsonb_build_object('gateway', gateway, 'gateway_ref', gateway_ref, 'reference', 're_new', 'amount', 100)::text AS news
  FROM payments WHERE state = 'captured' AND refunded_amount = 0
 LIMIT 1;

-- name: values_of_unbook_refund
-- why:  the provider tells of a refund that a bank sent back
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", jsonb_build_object('gateway', p.gateway, 'gateway_ref', p.gateway_ref, 'reference', r.gateway_ref, 'refund_id', r.id)::text AS news,
       'the account is closed' AS failure
  FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.state = 'done'
 LIMIT 1;

-- name: values_of_fulfil_order
-- why:  an order that was paid
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", id::text AS order_id, 'AB123' AS tracking FROM orders WHERE state = 'paid' ORDER BY id DESC LIMIT 1;

-- name: values_of_ask_refund
-- why:  money back for an order that was paid
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", id::text AS order_id, gen_random_uuid()::text AS refund_id, '100' AS amount, 'asked for' AS reason, 'true' AS restock
  FROM orders WHERE state = 'paid' ORDER BY id DESC
 LIMIT 1;

-- name: values_of_pay_again
-- why:  an order whose shopper tries again
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", id::text AS order_id, gen_random_uuid()::text AS payment_id, 'hosted' AS gateway, '600' AS paying_seconds,
       '1800' AS hold_seconds_max
  FROM orders WHERE state = 'awaiting_payment' ORDER BY placed_at
 LIMIT 1;

-- name: values_of_cart_lines
-- why:  an open cart with things in it
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", c.id::text AS cart_id, c.currency FROM carts c JOIN cart_lines l ON l.cart_id = c.id WHERE c.state = 'open'
 LIMIT 1;

-- name: values_of_place_cart_order
-- why:  an open cart is ordered
-- cost: rows 1, buffers 100
SELECT 'hot' AS "case", '600' AS paying_seconds, jsonb_build_object('id', gen_random_uuid(), 'payment_id', gen_random_uuid(), 'gateway', 'hosted',
         'secret', repeat('x', 32), 'customer_key', customer_key, 'idempotency_key', 'cart-wish', 'request_hash', '\x00',
         'email', 'c@example.com', 'email_key', 'c@example.com', 'cart_id', id, 'shipping_address',
         '{"name": "Ada", "line1": "1 Street", "line2": "", "city": "Leeds", "postcode": "LS1", "country": "GB"}'::jsonb)::text AS wish
  FROM carts c WHERE state = 'open' AND EXISTS (SELECT 1 FROM cart_lines l WHERE l.cart_id = c.id)
 LIMIT 1;

-- name: values_of_words_of_search
-- why:  two words that are in the catalogue and one that is misspelt
-- cost: rows 1, buffers 100
SELECT 'hot' AS "case", jsonb_agg(jsonb_build_object('position', n, 'word', word, 'upto', word || 'z', 'trigrams', to_jsonb(trigrams), 'edits', n - 1))::text AS words
  FROM (SELECT row_number() OVER () AS n, CASE WHEN word > '8' THEN word || 'x' ELSE word END AS word, trigrams FROM search_words LIMIT 3) known
 LIMIT 1;

-- name: values_of_search_products
-- why:  a word that every product has, one that a single product has, and one that none has
-- cost: rows 3, buffers 100
SELECT "case", words, NULL::text AS category, common, 'relevance' AS sort, 'GBP' AS currency, 'false' AS weighs_offers, NULL::text AS price_from,
       NULL::text AS price_to, 'false' AS in_stock, '9223372036854775807' AS after_key, 'ffffffff-ffff-ffff-ffff-ffffffffffff' AS after_id, '24' AS size
  FROM (VALUES ('hot', 'lamp', 'true'), ('cold', md5('7'), 'false'), ('absent', 'nowhere', 'false')) AS asked("case", words, common)
 LIMIT 3;

-- name: values_of_matching_variants
-- why:  the control room looks for a product by a SKU, by a common word, and by one that nothing is called
-- cost: rows 3, buffers 0
SELECT "case", sku, beginnings, 'GBP' AS currency, '40' AS most
  FROM (VALUES ('cold', 'GROWN-7', 'grown:*'), ('hot', 'lamp', 'lamp:*'), ('absent', 'nowhere', 'nowhere:*')) AS asked("case", sku, beginnings)
 LIMIT 3;

-- name: values_of_rooms_to_tend
-- why:  the controller counts what was completed since the last second
-- cost: rows 1, buffers 400
SELECT 'hot' AS "case", id::text AS since, '90' AS turn_seconds FROM (SELECT id FROM holds ORDER BY id DESC LIMIT 500) newest ORDER BY id
 LIMIT 1;

-- name: values_of_stretch_turns
-- why:  a room that was paused this second, counted from its last call
-- cost: rows 1, buffers 100
SELECT 'hot' AS "case", sale_id::text, '1' AS seconds, (90 + extract(epoch FROM statement_timestamp() - called_at))::text AS turn_seconds
  FROM room_calls ORDER BY serving DESC
 LIMIT 1;

-- name: values_of_insert_pool_of_sale
-- why:  a sale that is being planned gets a pool for another of its items
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", gen_random_uuid()::text AS pool_id, '0b000000-0000-7000-8000-0000000003e7' AS variant_id, l.id::text AS location_id, s.id::text AS sale_id, '100' AS units
  FROM locations l, sales s WHERE s.handle = 'sale-1'
 LIMIT 1;

-- name: values_of_insert_item
-- why:  that item itself
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", s.id::text AS sale_id, '0b000000-0000-7000-8000-0000000003e7' AS variant_id, p.id::text AS pool_id, '2' AS position, '999' AS price, '100' AS units
  FROM sales s, stock_pools p WHERE s.handle = 'sale-1' AND p.sale_id IS NULL
 LIMIT 1;

-- name: values_of_expire_holds
-- why:  the sweep takes a bite
-- cost: rows 1, buffers 0
SELECT 'hot' AS "case", '100' AS most LIMIT 1;

-- name: values_of_join_waiting_list
-- why:  somebody joins the long line of the great sale
-- cost: rows 1, buffers 100
SELECT 'hot' AS "case", sale_id::text, variant_id::text, gen_random_uuid()::text AS id, 's:joins' AS customer_key, 'key-joins' AS key, '1' AS quantity,
       'joins@example.com' AS email, repeat('x', 32) AS secret, '1000000' AS line_max, NULL::text AS network
  FROM holds
 LIMIT 1;

-- name: values_of_leave_waiting_list
-- why:  somebody leaves that line
-- cost: rows 1, buffers 40
SELECT 'hot' AS "case", id::text, secret FROM waiting_list WHERE state = 'waiting' LIMIT 1;
