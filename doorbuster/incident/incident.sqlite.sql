-- Incidents, in the event log (SQLite).

-- name: open_incident
-- why:  an alert or a person opens an incident
-- cost: rows 1, buffers 10
INSERT INTO incidents (key, title, severity, state, team, detected_at)
VALUES (:key, :title, :severity, 'detected', :team, :at)
RETURNING *;

-- name: incident_of_key
-- why:  one key opens one incident
-- cost: rows 1, buffers 6
SELECT * FROM incidents WHERE key = :key;

-- name: incident_by_id
-- why:  the page of an incident
-- cost: rows 1, buffers 4
SELECT * FROM incidents WHERE id = :id;

-- name: newest_incidents
-- why:  the list, the company's page and the reports
-- cost: rows 200, buffers 100
SELECT * FROM incidents WHERE merged_into IS NULL AND detected_at >= :since ORDER BY detected_at DESC LIMIT :most;

-- name: open_incidents
-- why:  what the keeper looks after each second
-- cost: rows 200, buffers 20
SELECT * FROM incidents
 WHERE state IN ('detected', 'acknowledged', 'mitigated') AND merged_into IS NULL
 ORDER BY id DESC LIMIT :most;

-- name: name_cause
-- why:  the diagnosis named the cause; when it first did is one of the clocks
-- cost: rows 1, buffers 6
UPDATE incidents
   SET cause = :cause, said = :said, named_at = coalesce(named_at, CASE WHEN :cause <> '' THEN :at END),
       team = coalesce(:team, team), title = :title
 WHERE id = :id;

-- name: move_incident
-- why:  an incident is moved on; when a state that was passed over happened is not known, and stays so
-- cost: rows 1, buffers 6
UPDATE incidents
   SET state = :state,
       acknowledged_at = CASE WHEN :state = 'acknowledged' THEN :at ELSE acknowledged_at END,
       mitigated_at = CASE WHEN :state = 'mitigated' THEN :at ELSE mitigated_at END,
       resolved_at = CASE WHEN :state = 'resolved' THEN :at ELSE resolved_at END,
       reviewed_at = CASE WHEN :state = 'reviewed' THEN :at ELSE reviewed_at END
 WHERE id = :id;

-- name: assign_role
-- why:  somebody takes a role
-- cost: rows 1, buffers 6
INSERT INTO incident_roles (incident_id, role, name) VALUES (:id, :role, :name)
ON CONFLICT (incident_id, role) DO UPDATE SET name = excluded.name;

-- name: roles_of_incident
-- why:  who stands where
-- cost: rows 10, buffers 4
SELECT role, name FROM incident_roles WHERE incident_id = :id;

-- name: merge_incident
-- why:  two incidents turned out to be one
-- cost: rows 1, buffers 6
UPDATE incidents SET merged_into = :into WHERE id = :id;

-- name: lines_to_other
-- why:  the story of a merged incident is told in the one that stands
-- cost: rows 500, buffers 500
UPDATE OR IGNORE incident_lines SET incident_id = :into WHERE incident_id = :id;

-- name: widen_incident
-- why:  what two incidents were together began with the earlier one and was as bad as the worse one
-- cost: rows 1, buffers 6
UPDATE incidents
   SET impact_at = min(coalesce(impact_at, :impact_at), coalesce(:impact_at, impact_at)),
       hurt_peak = max(coalesce(hurt_peak, :hurt_peak), coalesce(:hurt_peak, hurt_peak))
 WHERE id = :id;

-- name: feel_incident
-- why:  the series says how bad it is and since when it is quiet
-- cost: rows 1, buffers 6
UPDATE incidents
   SET impact_at = coalesce(:impact_at, impact_at),
       hurt_peak = max(coalesce(:hurt_peak, hurt_peak), coalesce(hurt_peak, :hurt_peak)),
       sale_running = max(sale_running, :sale_running),
       quiet_since = :quiet_since,
       visitors_seen = coalesce(:visitors_seen, visitors_seen),
       visitors_hurt = coalesce(:visitors_hurt, visitors_hurt),
       severity = min(severity, :severity)
 WHERE id = :id;

-- name: settle_drill
-- why:  which drill plays the incident again, or why none does
-- cost: rows 1, buffers 6
UPDATE incidents SET drill = :drill, why_no_drill = :why_not WHERE id = :id;
