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
-- why:  an order that counts as paid has one payment of its own amount that was captured and not sent back
-- cost: rows 100, buffers 2500000, scan orders, scan payments, growth linear
SELECT count(*) OVER () AS drifted, o.number AS order, o.state, o.total_amount AS total, o.currency,
       coalesce(p.captured, 0) AS captured, coalesce(p.returning, 0) AS returning, coalesce(p.returned, 0) AS returned
FROM orders o
LEFT JOIN (
  SELECT order_id, count(*) FILTER (WHERE state = 'captured') AS captured,
         count(*) FILTER (WHERE state = 'refund_due') AS returning, count(*) FILTER (WHERE state = 'refunded') AS returned,
         min(amount) AS least, max(amount) AS most, min(currency) AS currency
  FROM payments
  WHERE captured_at IS NOT NULL
  GROUP BY order_id
) p ON p.order_id = o.id
WHERE o.source = 'shop' AND o.state IN ('paid', 'fulfilled', 'refunded')
  AND (CASE WHEN p.order_id IS NULL THEN true
            WHEN o.state = 'refunded' THEN p.captured > 0 OR p.returned + p.returning = 0
            ELSE p.captured > 1 OR (p.captured = 0 AND p.returning = 0) END
       OR p.least <> o.total_amount OR p.most <> o.total_amount OR p.currency <> o.currency)
ORDER BY o.id
LIMIT :most;

-- name: audit_payments_without_order
-- why:  captured money belongs to an order that was given for it, or is on its way back
-- cost: rows 100, buffers 50000000, scan payments, growth linear
SELECT count(*) OVER () AS drifted, p.id AS payment, p.state, p.amount, p.currency, o.number AS order,
       o.state AS order_state
FROM payments p
JOIN orders o ON o.id = p.order_id
WHERE p.state = 'captured' AND o.state NOT IN ('paid', 'fulfilled')
ORDER BY p.id
LIMIT :most;

-- name: audit_refunds
-- why:  what a payment counts as given back is what its refunds gave back, and never more than was taken
-- cost: rows 100, buffers 2500000, scan payments, scan refunds, growth linear
SELECT count(*) OVER () AS drifted, p.id AS payment, p.state, p.amount, p.refunded_amount AS refunded,
       o.number AS order, coalesce(r.done, 0) AS done, coalesce(r.asked, 0) AS asked
FROM payments p
JOIN orders o ON o.id = p.order_id
LEFT JOIN (
  SELECT payment_id, sum(amount) AS asked, sum(amount) FILTER (WHERE state = 'done') AS done
  FROM refunds
  GROUP BY payment_id
) r ON r.payment_id = p.id
WHERE p.refunded_amount <> coalesce(r.done, 0) OR coalesce(r.asked, 0) > p.amount
   OR (p.state = 'refunded') <> (p.refunded_amount = p.amount AND p.amount > 0)
   OR (p.state = 'refund_due' AND coalesce(r.asked, 0) <> p.amount)
   OR (r.asked > 0 AND p.state NOT IN ('captured', 'refund_due', 'refunded'))
ORDER BY p.id
LIMIT :most;

-- name: audit_payments_unsettled
-- why:  money is not left hanging: a payment is settled, and a refund made, within a bounded time
-- cost: rows 100, buffers 60000, scan refunds, growth linear
SELECT count(*) OVER () AS drifted, w.payment, w.state, o.number AS order,
       extract(epoch FROM now() - w.since)::bigint AS waiting_seconds
FROM (
  SELECT id AS payment, 'pending' AS state, order_id, created_at AS since FROM payments WHERE state = 'pending'
  UNION ALL
  SELECT p.id, 'waiting for its refund', p.order_id, r.created_at
  FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE r.state = 'due'
) w
JOIN orders o ON o.id = w.order_id
WHERE w.since < now() - make_interval(secs => :unsettled_seconds::int)
ORDER BY w.since
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
-- why:  an order and the holds of its lines tell the same story; units that came back say so in the ledger
-- cost: rows 100, buffers 3000000, scan order_lines, growth linear
SELECT count(*) OVER () AS drifted, o.number AS order, o.state AS order_state, l.hold_id AS hold,
       coalesce(h.state, 'missing') AS hold_state
FROM order_lines l
JOIN orders o ON o.id = l.order_id
LEFT JOIN holds h ON h.id = l.hold_id
WHERE l.hold_id IS NOT NULL
  AND (h.id IS NULL
       OR (o.state IN ('paid', 'fulfilled') AND h.state <> 'sold'
           AND NOT EXISTS (SELECT 1 FROM stock_movements m
                           WHERE m.pool_id = h.pool_id AND m.hold_id = h.id AND m.kind = 'restocked'))
       OR (o.state = 'awaiting_payment' AND h.state = 'sold')
       OR (o.state = 'cancelled' AND h.state IN ('held', 'paying')))
ORDER BY o.id
LIMIT :most;

-- name: audit_hold_ordered_twice
-- why:  a hold becomes one order at the most
-- cost: rows 100, buffers 45000000, scan order_lines, growth linear
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
