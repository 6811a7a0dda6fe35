-- The timeline of incidents, in the event log (SQLite).

-- name: tell_line
-- why:  something happened; what was told before is not told again, and a story is no longer than people can read
-- cost: rows 1, buffers 20
INSERT INTO incident_lines (incident_id, key, at, source, role, text, evidence)
SELECT :incident_id, :key, :at, :source, :role, :text, :evidence
 WHERE (SELECT count(*) FROM incident_lines WHERE incident_id = :incident_id) < :most
ON CONFLICT (incident_id, key) DO NOTHING;

-- name: lines_of_incident
-- why:  the story in order
-- cost: rows 1000, buffers 500
SELECT id, at, source, role, text, evidence, wrong
  FROM incident_lines WHERE incident_id = :incident_id ORDER BY at, id LIMIT :most;

-- name: line_of_incident
-- why:  the evidence of one line
-- cost: rows 1, buffers 4
SELECT id, at, source, role, text, evidence, wrong
  FROM incident_lines WHERE incident_id = :incident_id AND id = :id;

-- name: mark_line
-- why:  a wrong path is marked, and kept
-- cost: rows 1, buffers 4
UPDATE incident_lines SET wrong = :why WHERE incident_id = :incident_id AND id = :id;

-- name: mark_diagnoses
-- why:  a cause that was named and turned out to be another one was a wrong path
-- cost: rows 10, buffers 100
UPDATE incident_lines SET wrong = :why WHERE incident_id = :incident_id AND source = 'diagnosis' AND wrong = '';

-- name: freeze_evidence
-- why:  the curves around a line are kept as they were, before the series forgets its seconds
-- cost: rows 1, buffers 4
UPDATE incident_lines SET evidence = :evidence WHERE id = :id;
