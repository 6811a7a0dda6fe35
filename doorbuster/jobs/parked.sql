-- Jobs that failed too often: the queue keeps them as `failed` until an operator decides.

-- name: parked_jobs
-- why:  an operator sees what is parked, since when and why, the oldest first
-- cost: rows 100, buffers 2500
SELECT q.id, q.entrypoint AS kind, convert_from(q.payload, 'UTF8') AS payload, q.attempts, q.updated AS parked_at,
       coalesce(l.traceback ->> 'exception_type', '') AS fault, coalesce(l.traceback ->> 'exception_message', '') AS why
  FROM pgqueuer q
  LEFT JOIN LATERAL (
    SELECT traceback FROM pgqueuer_log WHERE job_id = q.id AND traceback IS NOT NULL ORDER BY created DESC LIMIT 1
  ) l ON true
 WHERE q.status = 'failed'
 ORDER BY q.id
 LIMIT 100;

-- name: retry_parked
-- why:  the cause is mended: the job is due again, with all its attempts
-- cost: rows 1, buffers 20
UPDATE pgqueuer SET status = 'queued', attempts = 0, execute_after = now(), updated = now()
 WHERE id = :id AND status = 'failed'
RETURNING entrypoint AS kind, convert_from(payload, 'UTF8') AS payload;

-- name: discard_parked
-- why:  an operator decides that it need not be done any more
-- cost: rows 1, buffers 20
DELETE FROM pgqueuer WHERE id = :id AND status = 'failed'
RETURNING entrypoint AS kind, convert_from(payload, 'UTF8') AS payload;

-- name: jobs_backlog
-- why:  operators are told when work is parked, or waits longer than it should; each kind of job is looked up by its index
-- cost: rows 1, buffers 800
WITH RECURSIVE kind AS (
  (SELECT entrypoint, execute_after FROM pgqueuer WHERE status = 'queued' ORDER BY entrypoint, execute_after LIMIT 1)
  UNION ALL
  SELECT next.entrypoint, next.execute_after FROM kind, LATERAL (
    SELECT entrypoint, execute_after FROM pgqueuer WHERE status = 'queued' AND entrypoint > kind.entrypoint
     ORDER BY entrypoint, execute_after LIMIT 1
  ) next
), due AS (
  SELECT min(kind.execute_after) AS oldest, coalesce(sum(waits.jobs), 0) AS jobs FROM kind, LATERAL (
    SELECT count(*) AS jobs FROM (
      SELECT 1 FROM pgqueuer WHERE status = 'queued' AND entrypoint = kind.entrypoint AND execute_after <= now() LIMIT 1000
    ) waiting
  ) waits WHERE kind.execute_after <= now()
)
SELECT (SELECT count(*) FROM (SELECT 1 FROM pgqueuer WHERE status = 'failed' LIMIT 1000) f) AS parked,
       due.jobs::bigint + (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 1000) o) AS waiting,
       greatest(
         extract(epoch FROM now() - (SELECT created_at FROM outbox ORDER BY id LIMIT 1)),
         extract(epoch FROM now() - due.oldest),
         0
       )::float8 AS oldest_seconds
  FROM due
 LIMIT 1;
