-- Which indexes a server has.

-- name: valid_indexes
-- why:  a diagnosis names the index that is missing; one that is only half made helps nobody
-- cost: rows 1000, buffers 1000
SELECT index.relname AS name
  FROM pg_index
  JOIN pg_class index ON index.oid = pg_index.indexrelid
  JOIN pg_namespace ON pg_namespace.oid = index.relnamespace
 WHERE pg_index.indisvalid
   AND pg_namespace.nspname = current_schema()
 LIMIT 1000;
