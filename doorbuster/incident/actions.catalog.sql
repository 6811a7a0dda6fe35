-- What a runbook's steps ask of PostgreSQL.

-- name: cancel_statement
-- why:  an operator cancels a statement that hurts, and no other one that runs there by now
-- cost: rows 1, buffers 10
SELECT pg_cancel_backend(pid) AS cancelled
  FROM pg_stat_activity
 WHERE pid = :pid::int AND pid <> pg_backend_pid() AND state = 'active' AND starts_with(query, :text::text);

-- name: index_state
-- why:  an index that is there is not built again; one whose building broke off is
-- cost: rows 1, buffers 10
SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass(:name::text);

-- name: build_alone
-- why:  indexes are built one after the other; the turn ends with the connection
-- cost: rows 1, buffers 10
SELECT pg_try_advisory_lock(hashtextextended('doorbuster builds an index', 0)) AS mine;
