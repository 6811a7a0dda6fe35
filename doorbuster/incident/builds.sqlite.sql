-- Indexes that somebody asked for, and how far their building is, in the event log (SQLite).

-- name: ask_for_build
-- why:  an index is asked for once, however often the button is pressed, and few wait at once
-- cost: rows 1, buffers 10
INSERT INTO index_builds (incident_id, index_name, role, asked_at)
SELECT :incident_id, :index_name, :role, :at
 WHERE (SELECT count(*) FROM index_builds WHERE ended_at IS NULL) < :most
ON CONFLICT (index_name) WHERE ended_at IS NULL DO NOTHING
RETURNING *;

-- name: take_build
-- why:  the oldest that has not ended is somebody's work; nobody else takes it while he tells of it
-- cost: rows 1, buffers 10
UPDATE index_builds SET told_at = :at, phase = ''
 WHERE id = (SELECT min(id) FROM index_builds WHERE ended_at IS NULL)
   AND (told_at IS NULL OR told_at < :silent_since)
RETURNING *;

-- name: begin_build
-- why:  PostgreSQL is about to build it; what never ends is begun a few times only
-- cost: rows 1, buffers 4
UPDATE index_builds SET began_at = :at, told_at = :at, starts = starts + 1 WHERE id = :id RETURNING *;

-- name: tell_of_build
-- why:  whoever looks sees how far it is, also when PostgreSQL does not answer them
-- cost: rows 1, buffers 4
UPDATE index_builds SET told_at = :at, phase = :phase, done = :done, total = :total WHERE id = :id;

-- name: release_build
-- why:  who cannot go on leaves it to whoever takes it next, and says why
-- cost: rows 1, buffers 4
UPDATE index_builds SET told_at = NULL, phase = :phase, done = 0, total = 0 WHERE id = :id;

-- name: end_build
-- why:  it is built, or it is not and this is why
-- cost: rows 1, buffers 4
UPDATE index_builds SET ended_at = :at, phase = '', failed = :failed WHERE id = :id RETURNING *;

-- name: build_by_id
-- why:  a terminal waits for one
-- cost: rows 1, buffers 2
SELECT * FROM index_builds WHERE id = :id;

-- name: builds_of_incident
-- why:  the incident's page shows them, the newest first
-- cost: rows 10, buffers 10
SELECT * FROM index_builds WHERE incident_id = :incident_id ORDER BY id DESC LIMIT :most;
