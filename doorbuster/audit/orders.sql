-- What the auditor asks about orders, their lines and their money.
-- Orders that came in as history (source other than 'shop') took no unit and no payment of ours and are left out.

-- name: audit_order_totals
-- why:  an order's amounts are the sums of its lines and its delivery
-- cost: rows 100, buffers 3000000, scan orders, scan order_lines, growth linear
SELECT count(*) OVER () AS drifted, o.number AS order, o.items_amount AS items, o.shipping_amount AS shipping,
       o.total_amount AS total, coalesce(l.items, 0) AS lines_items, coalesce(l.lines, 0) AS lines
FROM orders o
LEFT JOIN (
  SELECT order_id, sum(quantity * unit_price) AS items, count(*) AS lines FROM order_lines GROUP BY order_id
) l ON l.order_id = o.id
WHERE o.items_amount <> coalesce(l.items, 0) OR o.total_amount <> o.items_amount + o.shipping_amount OR l.lines IS NULL
ORDER BY o.id
LIMIT :most;

-- name: audit_orders_unpaid
-- why:  an order that counts as paid has exactly one captured payment, of its own amount and currency
-- cost: rows 100, buffers 2500000, scan orders, scan payments, growth linear
SELECT count(*) OVER () AS drifted, o.number AS order, o.state, o.total_amount AS total, o.currency,
       coalesce(p.captured, 0) AS captured, coalesce(p.payments, 0) AS payments
FROM orders o
LEFT JOIN (
  SELECT order_id, count(*) AS payments, sum(amount) AS captured, min(currency) AS currency
  FROM payments
  WHERE captured_at IS NOT NULL AND state IN ('captured', 'refunded')
  GROUP BY order_id
) p ON p.order_id = o.id
WHERE o.source = 'shop' AND o.state IN ('paid', 'fulfilled', 'refunded')
  AND (coalesce(p.payments, 0) <> 1 OR p.captured <> o.total_amount OR p.currency <> o.currency)
ORDER BY o.id
LIMIT :most;

-- name: audit_payments_without_order
-- why:  captured money belongs to an order that was given for it, or is on its way back
-- cost: rows 100, buffers 2500000, scan payments, growth linear
SELECT count(*) OVER () AS drifted, p.id AS payment, p.state, p.amount, p.currency, o.number AS order,
       o.state AS order_state
FROM payments p
JOIN orders o ON o.id = p.order_id
WHERE p.state = 'captured' AND o.state NOT IN ('paid', 'fulfilled')
ORDER BY p.id
LIMIT :most;

-- name: audit_refunds
-- why:  a refund gives back what was taken, all of it where the order says so, and never more
-- cost: rows 100, buffers 2500000, scan payments, growth linear
SELECT count(*) OVER () AS drifted, p.id AS payment, p.state, p.amount, p.refunded_amount AS refunded,
       o.number AS order, o.state AS order_state
FROM payments p
JOIN orders o ON o.id = p.order_id
WHERE p.refunded_amount > p.amount
   OR (p.state = 'refunded' AND p.refunded_amount <> p.amount)
   OR (p.refunded_amount > 0 AND p.state NOT IN ('captured', 'refund_due', 'refunded'))
   OR (p.state = 'refunded' AND o.state NOT IN ('refunded', 'cancelled'))
ORDER BY p.id
LIMIT :most;

-- name: audit_payments_unsettled
-- why:  money is not left hanging: a payment is settled, or a refund made, within a bounded time
-- cost: rows 100, buffers 400, growth linear
SELECT count(*) OVER () AS drifted, p.id AS payment, p.state, o.number AS order, p.created_at,
       extract(epoch FROM now() - p.created_at)::bigint AS waiting_seconds
FROM payments p
JOIN orders o ON o.id = p.order_id
WHERE p.state IN ('pending', 'refund_due')
  AND p.created_at < now() - make_interval(secs => :unsettled_seconds::int)
ORDER BY p.created_at
LIMIT :most;

-- name: audit_holds_without_order
-- why:  a unit is sold to an order: every sold or paying hold has its one line, of the same thing at the same price
-- cost: rows 100, buffers 2500000, scan holds, scan order_lines, growth linear
SELECT count(*) OVER () AS drifted, h.id AS hold, h.state, h.quantity, h.unit_price AS price,
       coalesce(l.lines, 0) AS lines, l.quantity AS line_quantity, l.unit_price AS line_price
FROM holds h
LEFT JOIN (
  SELECT hold_id, count(*) AS lines, sum(quantity) AS quantity, min(unit_price) AS unit_price,
         min(variant_id::text) AS variant
  FROM order_lines
  WHERE hold_id IS NOT NULL
  GROUP BY hold_id
) l ON l.hold_id = h.id
WHERE h.state IN ('paying', 'sold')
  AND (coalesce(l.lines, 0) <> 1 OR l.quantity <> h.quantity OR l.unit_price <> h.unit_price
       OR l.variant <> h.variant_id::text)
ORDER BY h.id
LIMIT :most;

-- name: audit_orders_against_holds
-- why:  an order and the holds of its lines tell the same story
-- cost: rows 100, buffers 3000000, scan order_lines, growth linear
SELECT count(*) OVER () AS drifted, o.number AS order, o.state AS order_state, l.hold_id AS hold,
       coalesce(h.state, 'missing') AS hold_state
FROM order_lines l
JOIN orders o ON o.id = l.order_id
LEFT JOIN holds h ON h.id = l.hold_id
WHERE l.hold_id IS NOT NULL
  AND (h.id IS NULL
       OR (o.state IN ('paid', 'fulfilled') AND h.state <> 'sold')
       OR (o.state = 'awaiting_payment' AND h.state = 'sold')
       OR (o.state = 'cancelled' AND h.state IN ('held', 'paying')))
ORDER BY o.id
LIMIT :most;

-- name: audit_hold_ordered_twice
-- why:  a hold becomes one order at the most
-- cost: rows 100, buffers 800000, scan order_lines, growth linear
SELECT count(*) OVER () AS drifted, hold_id AS hold, count(*) AS orders,
       string_agg(o.number::text, ', ' ORDER BY o.number) AS numbers
FROM order_lines l
JOIN orders o ON o.id = l.order_id
WHERE hold_id IS NOT NULL
GROUP BY hold_id
HAVING count(*) > 1
ORDER BY hold_id
LIMIT :most;

-- name: audit_order_keys
-- why:  one idempotency key placed one order
-- cost: rows 100, buffers 1500000, scan orders, growth linear
SELECT count(*) OVER () AS drifted, idempotency_key AS key, customer_key AS customer, count(*) AS orders,
       string_agg(number::text, ', ' ORDER BY number) AS numbers
FROM orders
GROUP BY customer_key, idempotency_key
HAVING count(*) > 1
ORDER BY idempotency_key
LIMIT :most;

-- name: audit_guards
-- why:  the constraints that keep the promises are in place, and checked every row
-- cost: rows 100, buffers 600
SELECT count(*) OVER () AS drifted, wanted.name AS guard,
       CASE WHEN c.conname IS NULL AND i.relname IS NULL AND t.tgname IS NULL THEN 'is missing'
            WHEN t.tgenabled = 'D' THEN 'is switched off'
            ELSE 'was never checked against the rows that were there' END AS fault
FROM unnest(:guards::text[]) AS wanted(name)
LEFT JOIN pg_constraint c ON c.conname = wanted.name AND c.connamespace = current_schema()::regnamespace
LEFT JOIN pg_class i ON i.relname = wanted.name AND i.relnamespace = current_schema()::regnamespace
LEFT JOIN pg_trigger t ON t.tgname = wanted.name
WHERE (c.conname IS NULL AND i.relname IS NULL AND t.tgname IS NULL)
   OR t.tgenabled = 'D'
   OR (c.contype IN ('c', 'f') AND NOT c.convalidated)
ORDER BY wanted.name
LIMIT :most;
