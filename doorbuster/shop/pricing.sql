-- name: quote_order
-- why:  the checkout says what it will come to, by the same function that freezes it on the order
-- cost: rows 1, buffers 1500, scan shipping_methods
SELECT items_amount, shipping_amount, tax_amount, shipping_method, lines
  FROM price_order(:lines::jsonb, :country, :currency, :method_id);

-- name: deliveries
-- why:  the shopper chooses among the methods that go to their country
-- cost: rows 20, buffers 10, scan shipping_methods
SELECT id, name, days_min, days_max, CASE WHEN :items_amount::bigint >= free_from THEN 0 ELSE amount END AS amount
  FROM shipping_methods
 WHERE active AND currency = :currency AND (countries IS NULL OR :country::text = ANY (countries))
 ORDER BY position, id
 LIMIT 20;
