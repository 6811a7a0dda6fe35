-- name: tables_there
-- why:  a migration is measured against the tables that it did not make itself
-- cost: rows 100, buffers 400
SELECT relname::text AS name FROM pg_class
 WHERE relname = ANY (:tables::text[]) AND relkind IN ('r', 'p') AND pg_table_is_visible(oid) LIMIT 100;

-- name: read_row
-- why:  a reader of a table, whatever its columns
-- cost: rows 1, buffers 10
SELECT format('SELECT * FROM %I LIMIT 1', :table_name::text);

-- name: touch_row
-- why:  a writer's lock on a table, without changing anything
-- cost: rows 1, buffers 10
SELECT format('DELETE FROM %I WHERE false', :table_name::text);
