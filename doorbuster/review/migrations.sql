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

-- name: columns_to_copy
-- why:  a shop's tables with the columns that can be written and the tables they refer to, to fill an earlier version
-- cost: rows 500, buffers 20000
SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       ARRAY(SELECT f.confrelid::regclass::text FROM pg_constraint f
              WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS refers
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
 GROUP BY c.oid, c.relname ORDER BY c.relname LIMIT 500;
