-- What a runbook's steps ask of PostgreSQL.

-- name: cancel_statement
-- why:  an operator cancels a statement that hurts, and no other one that runs there by now
-- cost: rows 1, buffers 10
SELECT pg_cancel_backend(pid) AS cancelled
  FROM pg_stat_activity
 WHERE pid = :pid::int AND pid <> pg_backend_pid() AND state = 'active' AND starts_with(query, :text::text);

-- name: end_sessions
-- why:  an operator ends the session that others wait for (`pid`), or those of a program that run nothing just now (0), and never another program's that has the number by now
-- cost: rows 1, buffers 1000
SELECT count(*) AS found,
       count(*) FILTER (WHERE CASE WHEN may_end THEN pg_terminate_backend(pid) END) AS ended
  FROM (SELECT pid, (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))
                    AND (NOT rolsuper OR current_setting('is_superuser')::bool) AS may_end
          FROM pg_stat_activity
          JOIN pg_roles ON pg_roles.oid = usesysid
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
           AND coalesce(nullif(application_name, ''), 'unnamed') = :application::text
           AND CASE WHEN :pid::int = 0 THEN state IS DISTINCT FROM 'active' ELSE pid = :pid::int END
         LIMIT 1000) sessions;
