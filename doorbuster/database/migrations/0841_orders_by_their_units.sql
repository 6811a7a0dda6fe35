-- The index of that, in place of the one by the time of placing, which nothing else reads.
-- depends: 0840_until_when_units_are_kept
-- transactional: false

DROP INDEX CONCURRENTLY IF EXISTS orders_to_cancel;
CREATE INDEX CONCURRENTLY orders_to_cancel ON orders (coalesce(units_until, placed_at)) WHERE state = 'awaiting_payment';
DROP INDEX CONCURRENTLY IF EXISTS orders_awaiting_payment;
