-- Links to look on, in the event log (SQLite).

-- name: insert_view
-- why:  somebody may look on for a while
-- cost: rows 1, buffers 10
INSERT INTO views (token_hash, label, made_by, made_at, expires_at)
VALUES (:token_hash, :label, :made_by, :now, :expires_at) RETURNING id;

-- name: views
-- why:  the owner sees which links work
-- cost: rows 100, buffers 40, scan views
SELECT id, label, made_by, made_at, expires_at, entered_at FROM views
 WHERE revoked_at IS NULL AND expires_at > :now ORDER BY id DESC LIMIT 100;

-- name: view
-- why:  every page that a link shows asks whether it still works
-- cost: rows 1, buffers 8
SELECT id, label, made_by, made_at, expires_at, entered_at FROM views
 WHERE token_hash = :token_hash AND revoked_at IS NULL AND expires_at > :now;

-- name: enter_view
-- why:  the owner sees whether a link is used
-- cost: rows 0, buffers 8
UPDATE views SET entered_at = :now WHERE id = :id;

-- name: revoke_view
-- why:  somebody may not look on any more
-- cost: rows 1, buffers 8
UPDATE views SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL AND expires_at > :now RETURNING label;
