-- What shoppers are told, in the event log (SQLite).

-- name: publish_update
-- why:  somebody tells shoppers how it stands
-- cost: rows 0, buffers 6
INSERT INTO status_updates (incident_id, at, state, text) VALUES (:incident_id, :at, :state, :text);

-- name: newest_updates
-- why:  the status page
-- cost: rows 50, buffers 20
SELECT id, incident_id, at, state, text FROM status_updates ORDER BY at DESC, id DESC LIMIT :most;
