-- What the building of an index asks of PostgreSQL.

-- name: index_is_valid
-- why:  an index that is there is not built again; one whose building broke off is
-- cost: rows 1, buffers 10
SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass(:name::text);

-- name: build_alone
-- why:  indexes are built one after the other; the turn ends with the connection
-- cost: rows 1, buffers 10
SELECT pg_try_advisory_lock(hashtextextended('doorbuster builds an index', 0)) AS mine;

-- name: build_progress
-- why:  whoever waits for an index sees which phase it is in and how much of that is done, in blocks or else in rows
-- cost: rows 1, buffers 0
SELECT phase,
       CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END AS done,
       CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END AS total
  FROM pg_stat_progress_create_index
 WHERE pid = :pid::int;
