-- What a session is told about time.

-- name: set_statement_timeout
-- why:  nobody waits longer for an answer than the request has left; sent only when the step changes
-- cost: rows 1, buffers 0
SELECT set_config('statement_timeout', :milliseconds, false);
