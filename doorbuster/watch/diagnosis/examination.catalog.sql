-- What a diagnosis asks of PostgreSQL's catalogue.

-- name: connection_holders
-- why:  when connections run out, who has them, and what for
-- cost: rows 10, buffers 20
SELECT coalesce(nullif(application_name, ''), 'unnamed') AS application, coalesce(state, 'starting') AS state,
       count(*) AS connections
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
 GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10;
