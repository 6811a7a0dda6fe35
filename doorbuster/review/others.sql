-- name: version_number
-- why:  what a review asks for is there from 15 on
-- cost: rows 1, buffers 0
SELECT current_setting('server_version_num')::int AS number;

-- name: has_statements
-- why:  statistics of statements are an extension that its owner installs
-- cost: rows 1, buffers 20
SELECT to_regclass('pg_stat_statements') IS NOT NULL AS there;

-- name: most_time
-- why:  the statements of this database that took most time, with parameters as $n
-- cost: rows 200, buffers 400, scan pg_stat_statements
SELECT queryid::text AS id, query FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%<insufficient privilege>%'
 ORDER BY total_exec_time DESC
 LIMIT :most;
