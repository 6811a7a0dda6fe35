-- name: grow_index_use
-- why:  which indexes a statement reads or writes is told by how much these counters grow
-- cost: rows 1000, buffers 20000
SELECT i.indexrelid::bigint AS index, pg_stat_get_xact_numscans(i.indexrelid)
       + pg_stat_get_xact_tuples_inserted(i.indrelid) + pg_stat_get_xact_tuples_updated(i.indrelid) AS used
  FROM pg_index i WHERE i.indrelid >= 16384 LIMIT 1000;
