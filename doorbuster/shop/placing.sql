-- name: place_orders
-- why:  holds become orders that wait for payment; many shoppers, one round trip, one commit
-- cost: rows 128, buffers 40000
SELECT place, answer, detail, remaining, order_id, number, secret, state, currency, total_amount, email,
       payment_id, payment_state
  FROM place_orders(:wishes::jsonb, :paying_seconds, :hold_seconds_max)
 ORDER BY place;

-- name: place_cart_order
-- why:  a cart becomes an order that holds every line in the shop's own stock, or nothing
-- cost: rows 1, buffers 20000
SELECT place, answer, detail, remaining, order_id, number, secret, state, currency, total_amount, email,
       payment_id, payment_state
  FROM place_cart_order(:wish::jsonb, :paying_seconds);

-- name: pay_again
-- why:  a shopper whose payment failed tries another, while the units are still kept
-- cost: rows 1, buffers 400
SELECT place, answer, detail, remaining, order_id, number, secret, state, currency, total_amount, email,
       payment_id, payment_state
  FROM pay_again(:order_id, :payment_id, :gateway, :paying_seconds, :hold_seconds_max);
