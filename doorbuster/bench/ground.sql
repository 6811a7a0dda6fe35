-- name: bench_goods
-- why:  every sale of a benchmark sells the same variants
-- cost: rows 16, buffers 200
SELECT v.id AS variant_id, v.sku, p.amount, p.currency
  FROM variants v JOIN prices p ON p.variant_id = v.id
 ORDER BY v.id
 LIMIT :most;

-- name: bench_transactions
-- why:  a statement of its own is a transaction, so PostgreSQL itself counts the statements of a claim
-- cost: rows 1, buffers 4
SELECT xact_commit AS committed FROM pg_stat_database WHERE datname = current_database() LIMIT 1;

-- name: bench_flush_delay
-- why:  the delayed pair may start only when the delay is in force
-- cost: rows 1, buffers 4
SELECT setting AS delay FROM pg_settings WHERE name = 'commit_delay' LIMIT 1;

-- name: bench_drop_search_index
-- why:  under overload PostgreSQL is to be the bottleneck, for the reason that it once was one
-- cost: rows 0, buffers 100
DROP INDEX products_search;

-- name: bench_products
-- why:  product pages are read in turns
-- cost: rows 200, buffers 400
SELECT handle FROM products WHERE status = 'active' ORDER BY id LIMIT 200;

-- name: bench_strike
-- why:  the workers need not watch a sale of which nothing will be asked any more
-- cost: rows 0, buffers 10
UPDATE sales SET leftovers_returned_at = now() WHERE id = :sale_id AND ended_at IS NOT NULL;

-- name: bench_passes
-- why:  when each pass of a waiting room was given, by the database's clock
-- cost: rows 20000, buffers 21000
SELECT extract(epoch FROM pass_until)::float8 - :pass_seconds::float8 AS given_at
  FROM room_tickets
 WHERE sale_id = :sale_id AND pass_until IS NOT NULL
 ORDER BY pass_until
 LIMIT 20000;

-- name: bench_watchers
-- why:  which sessions are the control plane's, to count what watching costs
-- cost: rows 20, buffers 20
SELECT pid FROM pg_stat_activity WHERE application_name IN ('control', 'watch', 'audit') LIMIT 20;
