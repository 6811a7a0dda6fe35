-- What a runbook's steps ask of PostgreSQL.

-- name: cancel_statement
-- why:  an operator cancels a statement that hurts, and no other one that runs there by now
-- cost: rows 1, buffers 10
SELECT pg_cancel_backend(pid) AS cancelled
  FROM pg_stat_activity
 WHERE pid = :pid::int AND pid <> pg_backend_pid() AND state = 'active' AND starts_with(query, :text::text);
