-- name: size_of_tried
-- why:  a proposal says what the index would take on the disk
-- cost: rows 1, buffers 10
SELECT pg_relation_size('doorbuster_review_tried'::regclass) AS bytes;

-- name: has_hypopg
-- why:  where its owner has installed it, the planner can be asked about indexes that are not there
-- cost: rows 1, buffers 10
SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'hypopg') AS there;

-- name: bloat_of_indexes
-- why:  how much of a B-tree is empty, from its size and what its rows need at 90 % fill; an estimate, without reading it
-- cost: rows 2000, buffers 400000
SELECT i.indexrelid::regclass::text AS name,
       greatest(0, 1 - (c.reltuples * (16 + coalesce(w.width, 8)) / 0.9) / nullif(pg_relation_size(c.oid), 0))::float8 AS empty
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
  CROSS JOIN LATERAL (
    SELECT sum(s.avg_width + 4) AS width FROM unnest(i.indkey::int[]) AS part(number)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = part.number
      JOIN pg_stats s ON s.tablename = t.relname AND s.attname = a.attname AND s.schemaname = ANY (current_schemas(false))
  ) w
 WHERE i.indrelid >= 16384 AND pg_relation_size(c.oid) > 1000000 AND i.indexprs IS NULL
   AND c.reltuples > 0.5 * t.reltuples AND t.reltuples > 0
 LIMIT 2000;
