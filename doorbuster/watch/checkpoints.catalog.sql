-- Checkpoints and the write-ahead log: the views have changed between the releases, so each has its statement.

-- name: watch_checkpoints_until_16
-- why:  every ten seconds: whether checkpoints are forced by the volume of writes, and how long the disk takes
-- cost: rows 1, buffers 10
SELECT checkpoints_timed::float8 AS timed, checkpoints_req::float8 AS requested,
       checkpoint_sync_time / 1000 AS sync_seconds
  FROM pg_stat_bgwriter;

-- name: watch_checkpoints_from_17
-- why:  every ten seconds: whether checkpoints are forced by the volume of writes, and how long the disk takes
-- cost: rows 1, buffers 10
SELECT num_timed::float8 AS timed, num_requested::float8 AS requested, sync_time / 1000 AS sync_seconds
  FROM pg_stat_checkpointer;

-- name: watch_log_until_17
-- why:  every ten seconds: how long commits waited for the disk, where track_wal_io_timing is on
-- cost: rows 1, buffers 10
SELECT wal_sync_time / 1000 AS sync_seconds FROM pg_stat_wal;

-- name: watch_log_from_18
-- why:  every ten seconds: how long commits waited for the disk, where track_wal_io_timing is on
-- cost: rows 1, buffers 10
SELECT coalesce(sum(fsync_time), 0) / 1000 AS sync_seconds FROM pg_stat_io WHERE object = 'wal';
