-- The test gateway's own file.

-- name: make_tables
-- why:  the file is made when the gateway first starts
-- cost: rows 0, buffers 10
CREATE TABLE IF NOT EXISTS records (
  kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- name: index_open_records
-- why:  what is left to deliver is found at once after a restart
-- cost: rows 0, buffers 10
CREATE INDEX IF NOT EXISTS records_open ON records (kind, id) WHERE done = 0 AND kind = 'event';

-- name: save_record
-- why:  the newest state of a session, event, refund or idempotency key replaces the one before
-- cost: rows 0, buffers 10
INSERT INTO records (kind, id, body, done) VALUES (:kind, :id, :body, :done)
ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, done = excluded.done;

-- name: load_record
-- why:  what is no longer in memory is read again
-- cost: rows 1, buffers 5
SELECT body FROM records WHERE kind = :kind AND id = :id;

-- name: undelivered_events
-- why:  events that the shop has not taken yet are delivered again after a restart
-- cost: rows 10000, buffers 10000
SELECT id, body FROM records WHERE kind = 'event' AND done = 0 LIMIT 10000;

-- name: newest_events
-- why:  a shop looks for what it was never told; an event's id begins with its time
-- cost: rows 101, buffers 110
SELECT id, body FROM records WHERE kind = 'event' AND id < :before ORDER BY id DESC LIMIT :most;
