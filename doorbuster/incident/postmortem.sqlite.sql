-- Postmortems and what people wrote in them, in the event log (SQLite).

-- name: keep_postmortem
-- why:  the house writes its parts, again if need be
-- cost: rows 1, buffers 10
INSERT INTO postmortems (incident_id, generated_at, sections) VALUES (:incident_id, :at, :sections)
ON CONFLICT (incident_id) DO UPDATE SET generated_at = excluded.generated_at, sections = excluded.sections;

-- name: postmortem_of
-- why:  reading one
-- cost: rows 1, buffers 10
SELECT generated_at, sections, published_at FROM postmortems WHERE incident_id = :incident_id;

-- name: newest_edits
-- why:  what people wrote stands in the place of what the house wrote
-- cost: rows 20, buffers 40
SELECT section, version, max(version), body FROM postmortem_edits WHERE incident_id = :incident_id GROUP BY section;

-- name: newest_version
-- why:  nothing is overwritten unseen
-- cost: rows 1, buffers 6
SELECT max(version) AS version FROM postmortem_edits WHERE incident_id = :incident_id AND section = :section;

-- name: add_edit
-- why:  somebody writes a part, or gives it back to the house
-- cost: rows 1, buffers 6
INSERT INTO postmortem_edits (incident_id, section, version, at, role, body)
VALUES (:incident_id, :section, :version, :at, :role, :body);

-- name: edits_of_section
-- why:  the versions of a part
-- cost: rows 200, buffers 200
SELECT version, at, role, body FROM postmortem_edits
 WHERE incident_id = :incident_id AND section = :section ORDER BY version DESC LIMIT :most;

-- name: publish_postmortem
-- why:  anybody in the company may read it
-- cost: rows 1, buffers 6
UPDATE postmortems SET published_at = :at WHERE incident_id = :incident_id AND published_at IS NULL;

-- name: published_incidents
-- why:  the company's page
-- cost: rows 200, buffers 400
SELECT incidents.* FROM postmortems JOIN incidents ON incidents.id = postmortems.incident_id
 WHERE postmortems.published_at IS NOT NULL ORDER BY incidents.detected_at DESC LIMIT :most;
