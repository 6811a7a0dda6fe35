-- The guard's levers, in the event log (SQLite), so that they work while PostgreSQL does not.

-- name: pull_lever
-- why:  an operator changes what the guard does
-- cost: rows 1, buffers 10
INSERT INTO levers (at, actor, reason, name, setting, expires_at)
VALUES (:at, :actor, :reason, :name, :setting, :expires_at)
RETURNING id;

-- name: levers
-- why:  what is in force, and what was
-- cost: rows 500, buffers 40
SELECT id, at, actor, reason, name, setting, expires_at, undone_at, undone_by
  FROM levers ORDER BY id DESC LIMIT :most;

-- name: levers_at
-- why:  the policy of a moment: of each name the newest lever that was in force
-- cost: rows 100, buffers 40
SELECT id, at, actor, reason, name, setting, expires_at, undone_at, undone_by
  FROM levers
 WHERE id IN (SELECT max(id) FROM levers
               WHERE at <= :moment AND (expires_at IS NULL OR expires_at > :moment)
                 AND (undone_at IS NULL OR undone_at > :moment)
               GROUP BY name)
 ORDER BY name LIMIT 100;

-- name: undo_lever
-- why:  an operator takes a lever back, once
-- cost: rows 1, buffers 6
UPDATE levers SET undone_at = :now, undone_by = :actor
 WHERE id = :id AND undone_at IS NULL AND (expires_at IS NULL OR expires_at > :now);
