-- name: order_of_shopper
-- why:  the order page and the API show an order to whoever has its secret or its owner's identity
-- cost: rows 1, buffers 40
SELECT o.*, h.pay_until, p.payment, l.lines
  FROM orders o
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('sku', sku, 'title', title, 'quantity', quantity, 'unit_price', unit_price,
                                        'tax_amount', tax_amount, 'tax_points', tax_points) ORDER BY position) AS lines
      FROM order_lines WHERE order_id = o.id
  ) l ON true
  LEFT JOIN LATERAL (
    SELECT to_jsonb(t) AS payment FROM payments t WHERE t.order_id = o.id
     ORDER BY t.created_at DESC, t.id DESC LIMIT 1
  ) p ON true
  LEFT JOIN LATERAL (
    SELECT min(h.expires_at) AS pay_until FROM order_lines l JOIN holds h ON h.id = l.hold_id
     WHERE l.order_id = o.id AND o.state = 'awaiting_payment' AND h.state IN ('held', 'paying')
  ) h ON true
 WHERE o.id = :order_id::uuid AND (o.secret = :secret::text OR o.customer_key = :customer_key::text OR :trusted::boolean);

-- name: order_of_hold
-- why:  the checkout of a hold that was ordered already leads to its order
-- cost: rows 1, buffers 8
SELECT l.order_id FROM order_lines l JOIN orders o ON o.id = l.order_id
 WHERE l.hold_id = :hold_id AND o.customer_key = :customer_key;

-- name: order_of_key
-- why:  a form that was sent before with other details leads to the order it made
-- cost: rows 1, buffers 6
SELECT id AS order_id FROM orders WHERE customer_key = :customer_key AND idempotency_key = :idempotency_key;
