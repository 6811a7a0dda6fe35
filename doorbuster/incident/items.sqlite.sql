-- Action items and the runs of their proofs, in the event log (SQLite).

-- name: add_item
-- why:  somebody promises something
-- cost: rows 1, buffers 10
INSERT INTO action_items (incident_id, text, kind, owner, due, tracker_url, proof, done_at)
VALUES (:incident_id, :text, :kind, :owner, :due, :tracker_url, :proof, :done_at)
ON CONFLICT (incident_id, text) DO NOTHING
RETURNING id;

-- name: finish_item
-- why:  somebody says that it is done, or that it is not
-- cost: rows 1, buffers 4
UPDATE action_items SET done_at = :at WHERE id = :id;

-- name: prove_item_by
-- why:  an item gets its proof
-- cost: rows 1, buffers 4
UPDATE action_items SET proof = :proof WHERE id = :id;

-- name: record_run
-- why:  a proof was run
-- cost: rows 1, buffers 6
INSERT INTO proof_runs (proof, at, holds, detail) VALUES (:proof, :at, :holds, :detail)
ON CONFLICT (proof, at) DO NOTHING;

-- name: all_items
-- why:  the board
-- cost: rows 1000, buffers 100
SELECT id, incident_id, text, kind, owner, due, tracker_url, proof, done_at FROM action_items ORDER BY id LIMIT :most;

-- name: items_due
-- why:  who promised something is reminded once a week
-- cost: rows 100, buffers 100
SELECT id, incident_id, text, kind, owner, due, tracker_url, proof, done_at FROM action_items
 WHERE done_at IS NULL AND due <> '' AND due <= :today AND coalesce(reminded_at, 0) < :before ORDER BY due LIMIT :most;

-- name: remind_of_item
-- why:  a reminder is sent once a week
-- cost: rows 1, buffers 4
UPDATE action_items SET reminded_at = :now WHERE id = :id;

-- name: runs_of_proof
-- why:  an item is as good as its proof
-- cost: rows 200, buffers 20
SELECT at, holds, detail FROM proof_runs WHERE proof = :proof ORDER BY at DESC LIMIT :most;
