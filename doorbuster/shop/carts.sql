-- name: open_cart
-- why:  the cart page and the checkout show what the shopper put in
-- cost: rows 1, buffers 5
SELECT id, currency FROM carts WHERE customer_key = :customer_key AND state = 'open';

-- name: lock_open_cart
-- why:  who changes a cart holds its row, so that an order does not take half of the change
-- cost: rows 1, buffers 6
SELECT id, currency FROM carts WHERE customer_key = :customer_key AND state = 'open' FOR NO KEY UPDATE;

-- name: make_cart
-- why:  a cart is made when the first thing is put into it
-- cost: rows 0, buffers 30
INSERT INTO carts (id, customer_key, currency) VALUES (:id, :customer_key, :currency)
ON CONFLICT (customer_key) WHERE state = 'open' DO UPDATE SET updated_at = clock_timestamp();

-- name: variant_to_buy
-- why:  only what has a price in the shop's currency and is on the shelf can be put into a cart
-- cost: rows 1, buffers 12
SELECT v.id FROM variants v
  JOIN products p ON p.id = v.product_id AND p.status = 'active'
  JOIN prices r ON r.variant_id = v.id AND r.currency = :currency
 WHERE v.sku = :sku;

-- name: put_line
-- why:  the same thing put in twice is one line; only a cart with room takes another line
-- cost: rows 0, buffers 120
INSERT INTO cart_lines AS l (cart_id, variant_id, quantity)
SELECT :cart_id::uuid, :variant_id::uuid, least(:quantity::int, 999)
 WHERE (SELECT count(*) FROM cart_lines WHERE cart_id = :cart_id::uuid AND variant_id <> :variant_id::uuid)
       < :lines_max::int
ON CONFLICT (cart_id, variant_id) DO UPDATE
   SET quantity = least(CASE WHEN :instead::boolean THEN 0 ELSE l.quantity END + excluded.quantity, 999);

-- name: take_out
-- why:  a line that is no longer wanted leaves the cart
-- cost: rows 0, buffers 8
DELETE FROM cart_lines WHERE cart_id = :cart_id AND variant_id = :variant_id;

-- name: set_quantity
-- why:  a shopper changes how many, or takes the line out with 0
-- cost: rows 0, buffers 20
WITH cart AS (
  SELECT id FROM carts WHERE customer_key = :customer_key AND state = 'open' FOR NO KEY UPDATE
), taken_out AS (
  DELETE FROM cart_lines l USING cart
   WHERE l.cart_id = cart.id AND l.variant_id = :variant_id::uuid AND :quantity::int = 0
)
UPDATE cart_lines l SET quantity = :quantity::int FROM cart
 WHERE l.cart_id = cart.id AND l.variant_id = :variant_id::uuid AND :quantity::int > 0;

-- name: cart_lines
-- why:  every line with its present price and what is left of it
-- cost: rows 100, buffers 1500
SELECT s.variant_id, s.sku, s.quantity, s.unit_price, s.remaining, p.handle, p.category,
       p.title || CASE WHEN cardinality(p.option_names) > 0 AND cardinality(v.option_values) > 0
                       THEN ' – ' || array_to_string(v.option_values, ' / ') ELSE '' END AS title
  FROM cart_stock(:cart_id::uuid, :currency::text) s
  JOIN variants v ON v.id = s.variant_id
  JOIN products p ON p.id = v.product_id
 ORDER BY s."position"
 LIMIT 100;
