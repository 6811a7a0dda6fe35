-- Work asked for inside the transactions that need it, and its way to the queue.

-- name: add_to_outbox
-- why:  asks for a job in the same transaction as the change it follows
-- cost: rows 0, buffers 10
INSERT INTO outbox (kind, payload) VALUES (:kind, :payload::jsonb);

-- name: relay_outbox
-- why:  moves the oldest rows to the queue in one transaction, so that none is lost or doubled; of some, others are told
-- cost: rows 1, buffers 20000
WITH due AS (
  SELECT id FROM outbox ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
), moved AS (
  DELETE FROM outbox o USING due WHERE o.id = due.id RETURNING o.id, o.kind, o.payload, o.created_at
), told AS (
  INSERT INTO pgqueuer (priority, entrypoint, payload, status, dedupe_key)
  SELECT 0, 'webhook',
         convert_to((payload || jsonb_build_object('told', kind, 'event', id, 'asked_at', created_at,
                                                   'receiver', receiver))::text, 'UTF8'),
         'queued', 'webhook:' || id || ':' || receiver
    FROM moved CROSS JOIN unnest(:receivers::text[]) receiver WHERE kind = ANY (:told::text[]) ORDER BY id
), queued AS (
  INSERT INTO pgqueuer (priority, entrypoint, payload, status, dedupe_key)
  SELECT 0, kind, convert_to(payload::text, 'UTF8'), 'queued', 'outbox:' || id FROM moved ORDER BY id
  RETURNING 1
)
SELECT count(*) AS moved FROM queued;

-- name: outbox_waiting
-- why:  the control room shows how much work waits for the relay and since when
-- cost: rows 1, buffers 200
SELECT count(*) AS rows, min(created_at) AS oldest_at FROM (SELECT created_at FROM outbox ORDER BY id LIMIT 10000) waiting;

-- name: uncount_attempt
-- why:  a job whose downstream is left in peace was not tried: its next attempt is the one that this was
-- cost: rows 0, buffers 20
UPDATE pgqueuer SET attempts = attempts - 1 WHERE id = :id;
