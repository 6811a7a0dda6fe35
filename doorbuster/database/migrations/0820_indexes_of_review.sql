-- What the review found: a variant that is deleted takes its cart lines with it, and found them by reading all carts;
-- two indexes did what the primary key does backwards.
-- depends: 0800_waiting_rooms
-- transactional: false

DROP INDEX CONCURRENTLY IF EXISTS cart_lines_by_variant;
CREATE INDEX CONCURRENTLY cart_lines_by_variant ON cart_lines (variant_id);
DROP INDEX CONCURRENTLY IF EXISTS orders_newest;
DROP INDEX CONCURRENTLY IF EXISTS discrepancies_newest;
