-- name: version_number
-- why:  what a review asks for is there from 15 on
-- cost: rows 1, buffers 0
SELECT current_setting('server_version_num')::int AS number;

-- name: reach_statements
-- why:  statistics of statements are an extension that its owner installs, in a schema that need not be looked through
-- cost: rows 1, buffers 20
SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), home.schema), false) AS path
  FROM (SELECT (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                 WHERE e.extname = 'pg_stat_statements') AS schema) home
 WHERE home.schema IS NOT NULL OR to_regclass('pg_stat_statements') IS NOT NULL;

-- name: hidden_statements
-- why:  who may not see the others' statements is told so, lest silence be taken for praise
-- cost: rows 1, buffers 400, scan pg_stat_statements
SELECT count(*) AS statements FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query LIKE '%<insufficient privilege>%';

-- name: most_time
-- why:  what took most time here; without what asks PostgreSQL of itself, has it do what no rollback undoes, or is the review's
-- cost: rows 200, buffers 400, scan pg_stat_statements
SELECT query FROM pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query NOT LIKE '%<insufficient privilege>%'
   AND query NOT LIKE ALL (ARRAY['%pg\_%', '%current_setting(%', '%set_config(%', '%/* doorbuster review */%'])
 ORDER BY total_exec_time DESC
 LIMIT :most;
