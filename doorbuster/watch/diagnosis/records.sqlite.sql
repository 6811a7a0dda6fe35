-- Frozen evidence, in the event log (SQLite), so that it is there while PostgreSQL is not.

-- name: keep_diagnosis
-- why:  what was known at an instant of an episode is kept for those who ask later
-- cost: rows 1, buffers 40
INSERT INTO diagnoses (onset, at, cause, headline, document)
VALUES (:onset, :at, :cause, :headline, :document)
RETURNING id;

-- name: forget_old_diagnoses
-- why:  the table is bounded
-- cost: rows 1, buffers 200
DELETE FROM diagnoses WHERE id <= (SELECT max(id) FROM diagnoses) - :kept;

-- name: newest_diagnoses
-- why:  the page of diagnoses lists them
-- cost: rows 100, buffers 40
SELECT id, onset, at, cause, headline FROM diagnoses ORDER BY id DESC LIMIT :most;

-- name: diagnosis_by_id
-- why:  the page of one diagnosis, and an incident's evidence
-- cost: rows 1, buffers 40
SELECT id, onset, at, cause, headline, document FROM diagnoses WHERE id = :id;

-- name: diagnoses_between
-- why:  an incident gathers what was said in its time
-- cost: rows 100, buffers 60
SELECT id, onset, at, cause, headline FROM diagnoses WHERE onset BETWEEN :since AND :until ORDER BY at LIMIT 100;
