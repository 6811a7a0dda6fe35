-- Reading orders for merchants; orders belong to `shop`, whose verbs change them.

-- name: newest_orders
-- why:  the list of orders, newest first
-- cost: rows 50, buffers 60
SELECT id, number, email, state, total_amount, currency, placed_at
  FROM orders
 WHERE id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
 ORDER BY id DESC
 LIMIT :most;

-- name: orders_in_state
-- why:  a merchant looks for what waits to be sent
-- cost: rows 50, buffers 60
SELECT id, number, email, state, total_amount, currency, placed_at
  FROM orders
 WHERE state = :state AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
 ORDER BY id DESC
 LIMIT :most;

-- name: orders_of_email
-- why:  a customer writes, and gives an address
-- cost: rows 50, buffers 60
SELECT id, number, email, state, total_amount, currency, placed_at
  FROM orders
 WHERE email_key = :email_key AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
 ORDER BY id DESC
 LIMIT :most;

-- name: orders_of_sale
-- why:  what a sale sold, newest first
-- cost: rows 50, buffers 60
SELECT id, number, email, state, total_amount, currency, placed_at
  FROM orders
 WHERE sale_id = :sale_id AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
 ORDER BY id DESC
 LIMIT :most;

-- name: order_numbered
-- why:  a customer writes, and gives the number
-- cost: rows 1, buffers 6
SELECT id, number, email, state, total_amount, currency, placed_at FROM orders WHERE number = :number;

-- name: payments_of_order
-- why:  the order's page shows every attempt to pay it
-- cost: rows 20, buffers 20
SELECT id, gateway, gateway_ref, state, amount, refunded_amount, currency, failure, created_at, captured_at
  FROM payments WHERE order_id = :order_id ORDER BY id LIMIT 20;

-- name: refunds_of_order
-- why:  the order's page shows what went back, or is on its way
-- cost: rows 50, buffers 100
SELECT r.id, r.amount, p.currency, r.reason, r.state, r.failure, r.created_at, r.done_at
  FROM payments p JOIN refunds r ON r.payment_id = p.id
 WHERE p.order_id = :order_id
 ORDER BY r.id
 LIMIT 50;
