-- What is known of the values in a database's columns.

-- name: common_values
-- why:  skew is what a generic plan does not see: the most common values of every column, and how common the first is
-- cost: rows 20000, buffers 400000
SELECT tablename::text AS table_name, attname::text AS column_name,
       coalesce(most_common_vals::text::text[], '{}') AS common, coalesce(most_common_freqs[1], 0)::float8 AS share
  FROM pg_stats
 WHERE schemaname = ANY (current_schemas(false))
 ORDER BY tablename, attname
 LIMIT 20000;

-- name: any_row
-- why:  writes the statement that fetches one row of a table as names and texts
-- cost: rows 1, buffers 10
SELECT /* doorbuster review */ format('SELECT /* doorbuster review */ array_agg(key) AS names, array_agg(value) AS told FROM '
              '(SELECT t FROM %I t WHERE %s LIMIT 1) one, LATERAL jsonb_each_text(to_jsonb(one.t)) HAVING count(*) > 0',
              :table_name::text, :condition::text) AS sql;

-- name: reads_of_tables
-- why:  what a statement read of each table, inside functions and triggers too
-- cost: rows 2000, buffers 20000
SELECT c.relname::text AS name, pg_stat_get_xact_numscans(c.oid) AS scans,
       pg_stat_get_xact_tuples_returned(c.oid) AS scanned, pg_stat_get_xact_tuples_fetched(c.oid) AS fetched
  FROM pg_class c
 WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384
 LIMIT 2000;

-- name: parameter_types
-- why:  PostgreSQL has decided the types of a prepared statement's parameters
-- cost: rows 1, buffers 10
SELECT parameter_types::text[] AS types FROM pg_prepared_statements WHERE name = 'reviewed' LIMIT 1;
