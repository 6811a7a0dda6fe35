-- What a runbook's steps ask of PostgreSQL.

-- name: cancel_statement
-- why:  an operator cancels a statement that hurts, and no other one that runs there by now
-- cost: rows 1, buffers 10
SELECT pg_cancel_backend(pid) AS cancelled
  FROM pg_stat_activity
 WHERE pid = :pid::int AND pid <> pg_backend_pid() AND state = 'active' AND starts_with(query, :text::text);

-- name: end_session
-- why:  an operator ends the session that others wait for, and not another program's that has its number by now
-- cost: rows 1, buffers 10
SELECT pg_terminate_backend(pid) AS ended
  FROM pg_stat_activity
 WHERE pid = :pid::int AND pid <> pg_backend_pid() AND backend_type = 'client backend'
   AND application_name = :application::text;

-- name: end_idle_sessions
-- why:  an operator takes back the connections that a program keeps and does nothing with
-- cost: rows 1, buffers 1000
SELECT count(*) AS idle,
       count(*) FILTER (WHERE CASE WHEN pg_has_role(usesysid, 'MEMBER') THEN pg_terminate_backend(pid) END) AS ended
  FROM (SELECT pid, usesysid FROM pg_stat_activity
         WHERE application_name = :application::text AND backend_type = 'client backend'
           AND state IS DISTINCT FROM 'active' AND pid <> pg_backend_pid()
         LIMIT 1000) sessions;
