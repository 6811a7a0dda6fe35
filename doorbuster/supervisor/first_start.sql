-- name: is_empty_shop
-- why:  the example shop is offered to a shop without products only
-- cost: rows 1, buffers 10
SELECT NOT EXISTS (SELECT FROM products) AND NOT EXISTS (SELECT FROM orders) AS empty;
