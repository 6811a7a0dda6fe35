-- The journal's lines in the event log (SQLite).

-- name: append_line
-- why:  every change that an operator makes is remembered with its actor and reason
-- cost: rows 0, buffers 10
INSERT INTO journal (id, at, actor, role, verb, subject, detail)
VALUES (:id, :at, :actor, :role, :verb, :subject, :detail);

-- name: lines
-- why:  the journal page and a subject's history, newest first, by key set
-- cost: rows 200, buffers 300
SELECT id, at, actor, role, verb, subject, detail
  FROM journal
 WHERE (:subject IS NULL OR subject = :subject)
   AND (:actor IS NULL OR actor = :actor)
   AND (:before IS NULL OR seq < (SELECT seq FROM journal WHERE id = :before))
 ORDER BY seq DESC
 LIMIT :limit;

-- name: lines_after
-- why:  the mirror carries lines to PostgreSQL in the order in which they were committed
-- cost: rows 200, buffers 60
SELECT seq, id, at, actor, role, verb, subject, detail
  FROM journal
 WHERE seq > :seq
 ORDER BY seq
 LIMIT :limit;

-- name: last_mirrored
-- why:  the mirror goes on where it stopped, if the database still knows that line
-- cost: rows 1, buffers 6
SELECT journal.seq, journal.id
  FROM watermarks JOIN journal ON journal.seq = watermarks.seq
 WHERE watermarks.name = 'mirror';

-- name: move_watermark
-- why:  lines that PostgreSQL has need not be sent again
-- cost: rows 0, buffers 6
INSERT INTO watermarks (name, seq) VALUES ('mirror', :seq)
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq;
