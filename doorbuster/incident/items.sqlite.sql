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
INSERT INTO proof_runs (proof, at, holds, detail, as_it_was) VALUES (:proof, :at, :holds, :detail, :as_it_was)
ON CONFLICT (proof, at) DO NOTHING;

-- name: all_items
-- why:  the board
-- cost: rows 1000, buffers 100
SELECT items.id, incident_id, text, kind, owner, due, tracker_url, items.proof, done_at, reminded_at,
       coalesce(attempts.why, '') AS unproved_because
  FROM action_items AS items LEFT JOIN proof_attempts AS attempts ON attempts.proof = items.proof
 ORDER BY items.id LIMIT :most;

-- name: remind_of_item
-- why:  a reminder is sent once a week
-- cost: rows 1, buffers 4
UPDATE action_items SET reminded_at = :now WHERE id = :id;

-- name: runs_of_proof
-- why:  an item is as good as its proof
-- cost: rows 200, buffers 20
SELECT at, holds, detail, as_it_was FROM proof_runs WHERE proof = :proof ORDER BY at DESC LIMIT :most;

-- name: attempt_proof
-- why:  a proof is tried in its turn, also one that cannot be run here
-- cost: rows 1, buffers 6
INSERT INTO proof_attempts (proof, at, why) VALUES (:proof, :at, :why)
ON CONFLICT (proof) DO UPDATE SET at = excluded.at, why = excluded.why;

-- name: proofs_in_turn
-- why:  whose turn it is to be run again: what was neither run nor tried for longest
-- cost: rows 100, buffers 3000
SELECT proof, max(coalesce((SELECT max(at) FROM proof_runs
                             WHERE proof_runs.proof = items.proof AND NOT as_it_was), 0),
                  coalesce((SELECT at FROM proof_attempts WHERE proof_attempts.proof = items.proof), 0)) AS last_at
  FROM action_items AS items
 WHERE proof <> '' GROUP BY proof ORDER BY last_at, proof LIMIT :most;

-- name: incident_of_proof
-- why:  an alert is tried on what was measured during its incident
-- cost: rows 1, buffers 100
SELECT incident_id FROM action_items WHERE proof = :proof ORDER BY incident_id DESC LIMIT 1;
