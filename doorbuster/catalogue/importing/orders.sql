-- name: add_orders
-- why:  writes the invoices of a batch that are not there yet, each with the next order number
-- cost: rows 500, buffers 20000
INSERT INTO orders (id, number, secret, customer_key, idempotency_key, request_hash, email, email_key, state, currency,
  items_amount, shipping_amount, tax_amount, total_amount, shipping_method, shipping_address, source,
  placed_at, paid_at, fulfilled_at)
SELECT id, nextval('order_numbers'), secret, customer_key, idempotency_key, decode(request_hash, 'hex'), '', '',
  'fulfilled', :currency, items_amount, shipping_amount, 0, items_amount + shipping_amount, 'As invoiced',
  shipping_address, 'online-retail', placed_at, placed_at, placed_at
FROM (
  SELECT draft.*
  FROM jsonb_to_recordset(:orders::jsonb) AS draft(
    line bigint, id uuid, secret text, customer_key text, idempotency_key text, request_hash text, items_amount bigint,
    shipping_amount bigint, shipping_address jsonb, placed_at timestamptz)
  WHERE NOT EXISTS (
    SELECT FROM orders
    WHERE orders.customer_key = draft.customer_key AND orders.idempotency_key = draft.idempotency_key)
  ORDER BY line
) AS new
ON CONFLICT (customer_key, idempotency_key) DO NOTHING
RETURNING id;

-- name: add_order_lines
-- why:  writes the lines of new orders; a line whose product the shop has is linked with its variant
-- cost: rows 0, buffers 200000
INSERT INTO order_lines (order_id, position, variant_id, sku, title, quantity, unit_price)
SELECT order_id, draft.position, variants.id, draft.sku, title, quantity, unit_price
FROM jsonb_to_recordset(:lines::jsonb) AS draft(
  order_id uuid, position int, sku text, title text, quantity int, unit_price bigint)
LEFT JOIN variants ON variants.sku = draft.sku;

-- name: add_payments
-- why:  an order of the past was paid when it was invoiced
-- cost: rows 0, buffers 10000
INSERT INTO payments (id, order_id, gateway, gateway_ref, state, amount, currency, created_at, captured_at)
SELECT id, order_id, 'online-retail', gateway_ref, 'captured', amount, :currency, placed_at, placed_at
FROM jsonb_to_recordset(:payments::jsonb) AS draft(
  id uuid, order_id uuid, gateway_ref text, amount bigint, placed_at timestamptz);

-- name: apply_cancellation
-- why:  a cancelled invoice refunds the orders whose lines it takes back, once for ever, looking through the customer's
-- cost: rows 5000, buffers 200000, growth linear
SELECT line, found, applied
FROM apply_cancellation(:customer_key, :idempotency_key, :request_hash, :at, :refund_ids, :skus, :quantities, :prices);
