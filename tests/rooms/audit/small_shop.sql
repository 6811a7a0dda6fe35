-- A small shop in which everything adds up: one sale of ten lamps with two customers, one order paid, one on its way.
-- Ada's lamp is sold and paid (order 1001); Grace holds a lamp and is paying (order 1002); Linus let his go.
INSERT INTO products (id, handle, title) VALUES ('00000000-0000-7000-8000-0000000000a1', 'lamp', 'Lamp');
INSERT INTO variants (id, product_id, sku)
VALUES ('00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-0000000000a1', 'LAMP');
INSERT INTO sales (id, handle, title, opens_at, closes_at, currency)
VALUES ('00000000-0000-7000-8000-0000000000b1', 'lamps', 'Lamps', now() - interval '1 minute', now() + interval '1 day', 'GBP');
INSERT INTO stock_pools (id, variant_id, location_id, sale_id, on_hand, held, sold) VALUES
  ('00000000-0000-7000-8000-0000000000c1', '00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-000000000001',
   NULL, 90, 0, 0),
  ('00000000-0000-7000-8000-0000000000c2', '00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-000000000001',
   '00000000-0000-7000-8000-0000000000b1', 10, 1, 1);
INSERT INTO sale_items (sale_id, variant_id, pool_id, price, units)
VALUES ('00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000a2',
        '00000000-0000-7000-8000-0000000000c2', 1500, 10);
INSERT INTO holds (id, sale_id, pool_id, variant_id, customer_key, idempotency_key, quantity, unit_price, currency, state,
                   email_key, created_at, expires_at)
SELECT id::uuid, '00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000c2',
       '00000000-0000-7000-8000-0000000000a2', customer, key, 1, 1500, 'GBP', state, email, now(), now() + interval '5 minutes'
FROM (VALUES
  ('00000000-0000-7000-8000-0000000000d1', 's:ada', 'key-of-ada-000001', 'sold', 'e:ada@example.com'),
  ('00000000-0000-7000-8000-0000000000d2', 's:grace', 'key-of-grace-0001', 'paying', 'e:grace@example.com'),
  ('00000000-0000-7000-8000-0000000000d3', 's:linus', 'key-of-linus-0001', 'released', NULL)
) AS h(id, customer, key, state, email);
INSERT INTO sale_customers (sale_id, customer_key, held, sold, maximum) VALUES
  ('00000000-0000-7000-8000-0000000000b1', 's:ada', 0, 1, 1), ('00000000-0000-7000-8000-0000000000b1', 'e:ada@example.com', 0, 1, 1),
  ('00000000-0000-7000-8000-0000000000b1', 's:grace', 1, 0, 1), ('00000000-0000-7000-8000-0000000000b1', 'e:grace@example.com', 1, 0, 1),
  ('00000000-0000-7000-8000-0000000000b1', 's:linus', 0, 0, 1);
INSERT INTO stock_movements (pool_id, kind, on_hand_delta, held_delta, sold_delta, hold_id) VALUES
  ('00000000-0000-7000-8000-0000000000c1', 'received', 100, 0, 0, NULL),
  ('00000000-0000-7000-8000-0000000000c1', 'allocated', -10, 0, 0, NULL),
  ('00000000-0000-7000-8000-0000000000c2', 'allocated', 10, 0, 0, NULL),
  ('00000000-0000-7000-8000-0000000000c2', 'held', 0, 1, 0, '00000000-0000-7000-8000-0000000000d1'),
  ('00000000-0000-7000-8000-0000000000c2', 'sold', 0, -1, 1, '00000000-0000-7000-8000-0000000000d1'),
  ('00000000-0000-7000-8000-0000000000c2', 'held', 0, 1, 0, '00000000-0000-7000-8000-0000000000d2'),
  ('00000000-0000-7000-8000-0000000000c2', 'held', 0, 1, 0, '00000000-0000-7000-8000-0000000000d3'),
  ('00000000-0000-7000-8000-0000000000c2', 'released', 0, -1, 0, '00000000-0000-7000-8000-0000000000d3');
INSERT INTO orders (id, number, secret, customer_key, idempotency_key, request_hash, email, email_key, sale_id, state, currency,
                    items_amount, shipping_amount, tax_amount, total_amount, shipping_method, shipping_address, placed_at, paid_at)
VALUES
  ('00000000-0000-7000-8000-0000000000e1', 1001, 'secret-1', 's:ada', 'order-of-ada-0001', '\x00', 'ada@example.com',
   'ada@example.com', '00000000-0000-7000-8000-0000000000b1', 'paid', 'GBP', 1500, 395, 316, 1895, 'Standard', '{}', now(), now()),
  ('00000000-0000-7000-8000-0000000000e2', 1002, 'secret-2', 's:grace', 'order-of-grace-01', '\x00', 'grace@example.com',
   'grace@example.com', '00000000-0000-7000-8000-0000000000b1', 'awaiting_payment', 'GBP', 1500, 395, 316, 1895, 'Standard', '{}',
   now(), NULL);
INSERT INTO order_lines (order_id, position, variant_id, hold_id, pool_id, sku, title, quantity, unit_price) VALUES
  ('00000000-0000-7000-8000-0000000000e1', 1, '00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-0000000000d1',
   '00000000-0000-7000-8000-0000000000c2', 'LAMP', 'Lamp', 1, 1500),
  ('00000000-0000-7000-8000-0000000000e2', 1, '00000000-0000-7000-8000-0000000000a2', '00000000-0000-7000-8000-0000000000d2',
   '00000000-0000-7000-8000-0000000000c2', 'LAMP', 'Lamp', 1, 1500);
INSERT INTO payments (id, order_id, gateway, gateway_ref, state, amount, currency, created_at, captured_at) VALUES
  ('00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-0000000000e1', 'test', 'ref-1', 'captured', 1895, 'GBP', now(), now()),
  ('00000000-0000-7000-8000-0000000000f2', '00000000-0000-7000-8000-0000000000e2', 'test', 'ref-2', 'pending', 1895, 'GBP', now(), NULL);
