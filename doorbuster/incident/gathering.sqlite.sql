-- What an incident gathers from the journal, in the event log (SQLite).

-- name: journal_between
-- why:  what was done around an incident; ids are in the order of time, so the newest lines are looked at first
-- cost: rows 300, buffers 400
SELECT seq, id, at, actor, role, verb, subject, detail
  FROM (SELECT * FROM journal ORDER BY seq DESC LIMIT 5000)
 WHERE at >= :since AND at <= :until
 ORDER BY seq LIMIT :most;
