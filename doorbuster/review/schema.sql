-- What the server's own catalogue says of the tables under review; the same for everybody's database.

-- name: schema_tables
-- why:  columns, types and sizes decide what a plan should be
-- cost: rows 2000, buffers 100000
SELECT c.relname::text AS name, c.reltuples::bigint AS rows, pg_relation_size(c.oid) AS bytes,
       coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL AS analysed, coalesce(s.n_mod_since_analyze, 0) AS changed,
       coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del, 0) AS writes,
       a.columns, a.types, a.not_null
  FROM pg_class c
  LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
  CROSS JOIN LATERAL (
    SELECT array_agg(attname::text ORDER BY attnum) AS columns, array_agg(format_type(atttypid, atttypmod) ORDER BY attnum) AS types,
           coalesce(array_agg(attname::text) FILTER (WHERE attnotnull), '{}') AS not_null
      FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
  ) a
 WHERE c.relkind IN ('r', 'p', 'm') AND pg_table_is_visible(c.oid)
   AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND a.columns IS NOT NULL
 ORDER BY c.relname
 LIMIT 2000;

-- name: schema_indexes
-- why:  what is indexed, by what, how large it is and whether anybody reads it
-- cost: rows 5000, buffers 200000
SELECT i.indexrelid::regclass::text AS name, t.relname::text AS table_name,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(1, i.indnkeyatts) n) AS columns,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(i.indnkeyatts + 1, i.indnatts) n) AS included,
       i.indisunique AS is_unique, k.oid IS NOT NULL AS is_constraint, m.amname::text AS method,
       coalesce(pg_get_expr(i.indpred, i.indrelid, true), '') AS predicate, pg_get_indexdef(i.indexrelid) AS definition, i.indclass::oid[] AS classes, i.indoption::int[] AS directions,
       coalesce(pg_stat_get_numscans(i.indexrelid), 0) AS scans, pg_relation_size(i.indexrelid) AS bytes, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_am m ON m.oid = c.relam
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
 WHERE pg_table_is_visible(t.oid) AND t.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)
 ORDER BY t.relname, c.relname
 LIMIT 5000;

-- name: schema_foreign_keys
-- why:  a row that is deleted is looked for in every table that refers to it
-- cost: rows 5000, buffers 100000
SELECT k.conname::text AS name, t.relname::text AS table_name, r.relname::text AS refers_to, k.confdeltype::text AS on_delete,
       ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY AS part(number, place)
               JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = part.number ORDER BY part.place) AS columns
  FROM pg_constraint k
  JOIN pg_class t ON t.oid = k.conrelid
  JOIN pg_class r ON r.oid = k.confrelid
 WHERE k.contype = 'f' AND pg_table_is_visible(t.oid)
 ORDER BY k.conname
 LIMIT 5000;
