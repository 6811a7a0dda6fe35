-- What PostgreSQL says of itself, read over the watch's own connection.

-- name: watch_server
-- why:  the watch learns which release it talks to, how many it lets in, and since when it runs
-- cost: rows 1, buffers 10
SELECT current_setting('server_version_num')::int AS version,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
       - coalesce(current_setting('reserved_connections', true)::int, 0) AS connections_max,
       pg_postmaster_start_time() AS started_at,
       pg_is_in_recovery() AS in_recovery,
       -- Made but not loaded at the start, the extension answers with an error; its settings are there when it was loaded.
       to_regprocedure('pg_stat_statements(boolean)') IS NOT NULL
       AND current_setting('pg_stat_statements.max', true) IS NOT NULL AS has_statements;

-- name: watch_sessions
-- why:  each second: who is at work or keeps a transaction open, with what, and what they wait for
-- cost: rows 400, buffers 20
SELECT pid, coalesce(state, '') AS state, coalesce(wait_event_type, '') AS wait_type,
       coalesce(wait_event, '') AS wait_event,
       coalesce(extract(epoch FROM clock_timestamp() - query_start), 0)::float8 AS seconds,
       coalesce(extract(epoch FROM clock_timestamp() - xact_start), 0)::float8 AS transaction_seconds,
       coalesce(application_name, '') AS application, left(query, 1024) AS text, query_id
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'
 ORDER BY xact_start NULLS LAST
 LIMIT 400;

-- name: watch_holders
-- why:  each second while more than half of the connections are taken: who has them, and what for
-- cost: rows 10, buffers 20
SELECT coalesce(nullif(application_name, ''), 'unnamed') AS application, coalesce(state, 'starting') AS state,
       count(*) AS connections
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
 GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10;

-- name: watch_blockers
-- why:  while somebody waits for a lock: who stands in the way
-- cost: rows 20, buffers 20
SELECT pid, pg_blocking_pids(pid) AS blocked_by
  FROM unnest(:pids::int[]) AS pid
 LIMIT 20;

-- name: watch_traffic
-- why:  each second: what all sessions together did
-- cost: rows 1, buffers 20
SELECT sum(numbackends)::float8 AS connections,
       sum(xact_commit)::float8 AS commits, sum(xact_rollback)::float8 AS rollbacks,
       sum(blks_hit)::float8 AS blocks_hit, sum(blks_read)::float8 AS blocks_read,
       sum(temp_bytes)::float8 AS temp_bytes, sum(deadlocks)::float8 AS deadlocks,
       CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 END AS wal_bytes
  FROM pg_stat_database;

-- name: watch_tables
-- why:  every five seconds: which tables are read from end to end, and where dead rows heap up
-- cost: rows 200, buffers 2000
SELECT c.relname AS table_, greatest(s.n_live_tup, c.reltuples)::float8 AS rows_, c.relpages::float8 * 8192 AS bytes,
       s.seq_scan::float8 AS seq_scans, s.seq_tup_read::float8 AS seq_rows, coalesce(s.idx_scan, 0)::float8 AS index_scans,
       s.n_dead_tup::float8 AS dead_rows
  FROM pg_stat_user_tables s
  JOIN pg_class c ON c.oid = s.relid
 ORDER BY c.relpages DESC
 LIMIT 200;

-- name: watch_size
-- why:  twice a minute: how large the database is
-- cost: rows 1, buffers 200
SELECT pg_database_size(current_database())::float8 AS size_bytes;

-- name: watch_replicas
-- why:  each second: how far the log is written, and replayed by the slowest replica; or how far this one lags
-- cost: rows 1, buffers 20
SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 END AS written,
       (SELECT min(pg_wal_lsn_diff(replay_lsn, '0/0'))::float8 FROM pg_stat_replication) AS replayed,
       CASE WHEN NOT pg_is_in_recovery() THEN NULL
            -- Where nobody writes, the last replayed transaction is old and nothing lags.
            WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END AS own_lag_seconds;

-- name: watch_bloat
-- why:  twice a minute: how much of a table's file its rows would not need (an estimate by their average width)
-- cost: rows 50, buffers 4000
SELECT c.relname AS table_,
       greatest(0, 1 - (c.reltuples * (widths.bytes + 28) / (8192 - 24)) / c.relpages)::float8 AS share
  FROM pg_class c
  JOIN LATERAL (SELECT coalesce(sum((1 - null_frac) * avg_width), 0) AS bytes
                  FROM pg_stats
                 WHERE schemaname = c.relnamespace::regnamespace::text AND tablename = c.relname) widths ON true
 WHERE c.relkind = 'r' AND c.relpages >= 128 AND c.reltuples > 0 AND widths.bytes > 0
   AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
 ORDER BY c.relpages DESC
 LIMIT 50;

-- name: watch_fingerprint
-- why:  every two seconds: whether the definitions are worth a closer look; what changes a row of a catalogue is new in it
-- cost: rows 1, buffers 200
SELECT concat_ws(' ',
         (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_index),
         (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
         (SELECT concat(count(*), '/', sum(xmin::text::bigint)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
       ) AS fingerprint;

-- name: watch_definitions
-- why:  when the fingerprint is another one, and twice a minute: whether a (valid) index, a table, a function or a setting is another than it was
-- cost: rows 2000, buffers 20000
SELECT kind, name, definition FROM (
    SELECT 'index' AS kind, c.relname::text AS name, md5(pg_get_indexdef(c.oid)) AS definition
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indisvalid AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'table', c.relname::text, md5(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || ' ' || a.attnotnull::text, ',' ORDER BY a.attnum))
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname
    UNION ALL
    SELECT 'function', p.oid::regprocedure::text, md5(p.prosrc) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'setting', name, setting FROM pg_settings
     WHERE source NOT IN ('default', 'client', 'session', 'override') AND name NOT IN ('application_name', 'TimeZone')
) definitions
LIMIT 2000;

-- name: watch_statements
-- why:  every ten seconds, where the extension is there: what each known statement cost the server
-- cost: rows 500, buffers 100
SELECT queryid AS query_id, sum(calls)::float8 AS calls, sum(total_exec_time)::float8 / 1000 AS seconds,
       sum(rows)::float8 AS rows_, sum(shared_blks_hit + shared_blks_read)::float8 AS blocks
  FROM pg_stat_statements(false)
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
 GROUP BY queryid
 ORDER BY seconds DESC
 LIMIT 500;

-- name: watch_statement_names
-- why:  now and then, where the extension is there: the names of statements that were too fast to be seen at work
-- cost: rows 500, buffers 100
SELECT queryid AS query_id, min(substring(query FROM '^/\* q=([a-z0-9_]+) \*/')) AS name
  FROM pg_stat_statements(true)
 WHERE queryid = ANY(:query_ids::bigint[])
 GROUP BY queryid
 LIMIT 500;
