-- name: server_version
-- why:  an older server lacks what the schema uses
-- cost: rows 1, buffers 0
SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name;

-- name: has_history
-- why:  a new database has neither of the tables that remember what was applied
-- cost: rows 1, buffers 20
SELECT to_regclass('_yoyo_migration') IS NOT NULL AS migrations, to_regclass('schema_functions') IS NOT NULL AS functions;

-- name: applied_migrations
-- why:  what is applied need not be applied again
-- cost: rows 1000, buffers 50, scan _yoyo_migration
SELECT migration_id FROM _yoyo_migration LIMIT 1000;

-- name: applied_functions
-- why:  a function is replaced only when its file changed
-- cost: rows 1000, buffers 50, scan schema_functions
SELECT file, content_hash FROM schema_functions LIMIT 1000;

-- name: try_lock
-- why:  of many processes that start together one migrates; the lock ends with its connection, however that ends
-- cost: rows 1, buffers 0
SELECT pg_try_advisory_xact_lock(:lock_key) AS taken;

-- name: keep_no_snapshot
-- why:  the answer of the last SELECT keeps its view of the rows until the next statement, and CONCURRENTLY waits for it
-- cost: rows 0, buffers 0
SET LOCAL lock_timeout = 0;

-- name: limit_lock_wait
-- why:  a change of the schema must not queue behind a long transaction, everybody else would queue behind it
-- cost: rows 1, buffers 0
SELECT set_config('lock_timeout', :milliseconds, true);

-- name: remember_function
-- why:  the next start compares the hash and has nothing to do
-- cost: rows 0, buffers 10
INSERT INTO schema_functions (file, content_hash) VALUES (:file, :content_hash)
ON CONFLICT (file) DO UPDATE SET content_hash = excluded.content_hash, applied_at = now();
