-- What a drill's faults ask of PostgreSQL, past the shop.

-- name: fault_index
-- why:  a fault: an index is dropped; this is how it was built, so that it can be mended
-- cost: rows 1, buffers 200
SELECT pg_get_indexdef(c.oid) FROM pg_class c
 WHERE c.relname = :name AND c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace LIMIT 1;

-- name: fault_function
-- why:  a fault: a release replaces a function; this is what it was, so that it can be rolled back
-- cost: rows 1, buffers 200
SELECT pg_get_functiondef(p.oid) FROM pg_proc p
 WHERE p.proname = :name AND p.pronamespace = 'public'::regnamespace LIMIT 1;

-- name: fault_ballast
-- why:  a fault: somewhere to write to until the disk is busy
-- cost: rows 0, buffers 500
CREATE TABLE IF NOT EXISTS drill_ballast (line text);

-- name: fault_ballast_grown
-- why:  a fault: writes as fast as the disk takes it
-- cost: rows 0, buffers 400000, growth linear
INSERT INTO drill_ballast (line) SELECT repeat(md5(n::text), 8) FROM generate_series(1, :rows::int) n;

-- name: fault_ballast_gone
-- why:  a fault is mended: what was written goes
-- cost: rows 0, buffers 500
DROP TABLE IF EXISTS drill_ballast;

-- name: fault_followers
-- why:  a failover loses nothing only if the standby follows, and synchronously
-- cost: rows 1, buffers 200
SELECT state, sync_state FROM pg_stat_replication WHERE application_name = 'walreceiver' LIMIT 1;
