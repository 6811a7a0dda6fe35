-- name: settle_payments
-- why:  what the gateway reports takes effect once; many reports, one round trip, one commit
-- cost: rows 128, buffers 40000
SELECT place, answer, order_id FROM settle_payments(:events::jsonb) ORDER BY place;

-- name: payment_to_ask
-- why:  the gateway is asked about a payment by what identifies it there
-- cost: rows 1, buffers 12
SELECT p.id, p.order_id, o.number AS order_number, o.secret AS order_secret, o.email, p.amount, p.currency, p.gateway, p.gateway_ref
  FROM payments p JOIN orders o ON o.id = p.order_id
 WHERE p.id = :payment_id;

-- name: orders_to_cancel
-- why:  orders whose payment never came and whose units are no longer kept are cancelled, oldest first
-- cost: rows 100, buffers 3000
SELECT o.id AS order_id, p.id AS payment_id
  FROM orders o
  LEFT JOIN LATERAL (SELECT id FROM payments WHERE order_id = o.id AND state = 'pending' LIMIT 1) p ON true
 WHERE o.state = 'awaiting_payment' AND coalesce(o.units_until, o.placed_at) <= statement_timestamp()
   AND o.placed_at < statement_timestamp() - make_interval(secs => :grace_seconds)
   AND EXISTS (SELECT 1 FROM order_lines l JOIN holds h ON h.id = l.hold_id
                WHERE l.order_id = o.id AND h.state IN ('expired', 'released'))
 ORDER BY coalesce(o.units_until, o.placed_at)
 LIMIT 100;

-- name: payments_to_ask
-- why:  a callback that got lost is found out by asking, while the units are still kept
-- cost: rows 100, buffers 20000
SELECT p.id AS payment_id
  FROM payments p
 WHERE p.state = 'pending' AND p.created_at < statement_timestamp() - make_interval(secs => :quiet_seconds)
   AND p.created_at > statement_timestamp() - make_interval(secs => :given_up_seconds)
 ORDER BY p.created_at DESC
 LIMIT 100;
