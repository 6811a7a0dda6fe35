-- What chaos asks the database when everything has calmed down, past the wire.

-- name: chaos_unsettled
-- why:  what was told must have come true: orders not paid and money not given back, with their state
-- cost: rows 100, buffers 5000, scan orders, growth linear
SELECT o.id, o.state, p.state AS payment
  FROM orders o JOIN payments p ON p.order_id = o.id
 WHERE o.id = ANY (:orders::uuid[]) AND (o.state = 'awaiting_payment' OR p.state IN ('pending', 'refund_due'))
 ORDER BY o.id LIMIT 100;

-- name: chaos_states
-- why:  how many orders ended in which state
-- cost: rows 20, buffers 5000, scan orders, growth linear
SELECT state, count(*) AS orders FROM orders WHERE id = ANY (:orders::uuid[]) GROUP BY state ORDER BY state LIMIT 20;

-- name: chaos_unmailed
-- why:  every paid order's mail was written, once
-- cost: rows 100, buffers 9000, scan orders, growth linear
SELECT o.id FROM orders o
 WHERE o.id = ANY (:orders::uuid[]) AND o.paid_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM mails m WHERE m.effect_key = 'order-paid:' || o.id)
 ORDER BY o.id LIMIT 100;

-- name: chaos_stranded
-- why:  no unit is kept longer than its hold
-- cost: rows 100, buffers 3000
SELECT id, state FROM holds
 WHERE state IN ('held', 'paying') AND expires_at < clock_timestamp() - make_interval(secs => :grace_seconds)
 ORDER BY expires_at LIMIT 100;

-- name: chaos_terminate
-- why:  a fault: PostgreSQL ends every session of the shop
-- cost: rows 100, buffers 200
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() LIMIT 100;

-- name: chaos_lock_pools
-- why:  a fault: somebody holds the lock of every pool's row and does nothing
-- cost: rows 10000, buffers 30000, scan stock_pools, growth linear
SELECT id FROM stock_pools ORDER BY id LIMIT 10000 FOR UPDATE;

-- name: chaos_lock_tables
-- why:  a fault: somebody holds the strongest lock there is on the tables of orders, as a careless migration does
-- cost: rows 0, buffers 10
LOCK TABLE orders, payments IN ACCESS EXCLUSIVE MODE;
