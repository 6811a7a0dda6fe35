-- What the company was told by mail, in the event log (SQLite).

-- name: newest_digest
-- why:  nobody is told twice of the same week
-- cost: rows 1, buffers 4
SELECT at FROM incident_digests ORDER BY at DESC LIMIT 1;

-- name: digest_sent
-- why:  what was told, or that there was nothing to tell, is remembered over a restart
-- cost: rows 1, buffers 6
INSERT INTO incident_digests (at, receivers) VALUES (:at, :receivers) ON CONFLICT (at) DO NOTHING;
