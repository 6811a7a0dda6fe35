-- Reading mails and jobs for the outbox page; they belong to `jobs`.

-- name: newest_mails
-- why:  the outbox shows what was written to customers, newest first
-- cost: rows 50, buffers 60
SELECT id, recipient, subject, state, error, created_at, sent_at
  FROM mails
 WHERE :before::uuid IS NULL OR id < :before
 ORDER BY id DESC
 LIMIT :most;

-- name: mail
-- why:  a mail is read as the customer got it
-- cost: rows 1, buffers 8
SELECT id, recipient, subject, text_body, html_body, state, error, created_at, sent_at FROM mails WHERE id = :id;

-- name: jobs_by_state
-- why:  the outbox says how much background work waits, runs or gave up
-- cost: rows 100, buffers 2000
SELECT entrypoint, status::text AS status, count(*) AS jobs, min(created) AS oldest_at
  FROM (SELECT entrypoint, status, created FROM pgqueuer ORDER BY id LIMIT 10000) AS waiting
 GROUP BY entrypoint, status
 ORDER BY entrypoint, status
 LIMIT 100;
