-- Alerts and silences, in the event log (SQLite), so that they outlive the control plane and need no PostgreSQL.

-- name: keep_alert
-- why:  an alert fires, changes or is resolved
-- cost: rows 0, buffers 12
INSERT INTO alerts (id, rule, subject, severity, team, since, fired_at, resolved_at, kept_at, summary, value, threshold,
                    follows, silence, firings)
VALUES (:id, :rule, :subject, :severity, :team, :since, :fired_at, :resolved_at, :kept_at, :summary, :value, :threshold,
        :follows, :silence, :firings)
ON CONFLICT (id) DO UPDATE
   SET resolved_at = excluded.resolved_at, kept_at = excluded.kept_at, summary = excluded.summary,
       value = excluded.value, follows = excluded.follows, silence = excluded.silence;

-- name: open_alerts
-- why:  what was firing when the control plane stopped, and what is firing now
-- cost: rows 500, buffers 100
SELECT id, rule, subject, severity, team, since, fired_at, resolved_at, kept_at, summary, value, threshold, follows,
       silence, firings
  FROM alerts WHERE resolved_at IS NULL ORDER BY fired_at DESC LIMIT 500;

-- name: alerts_since
-- why:  the history of a day or a month, the newest first
-- cost: rows 500, buffers 200
SELECT id, rule, subject, severity, team, since, fired_at, resolved_at, kept_at, summary, value, threshold, follows,
       silence, firings
  FROM alerts
 WHERE fired_at >= :since AND (:rule = '' OR rule = :rule)
 ORDER BY fired_at DESC LIMIT :most;

-- name: forget_alerts
-- why:  the history is bounded: a month, and ten thousand
-- cost: rows 0, buffers 200
DELETE FROM alerts
 WHERE resolved_at IS NOT NULL
   AND (fired_at < :before
        OR fired_at < (SELECT fired_at FROM alerts ORDER BY fired_at DESC LIMIT 1 OFFSET 10000));

-- name: silence
-- why:  an operator does not want to be told of something for a while
-- cost: rows 1, buffers 10
INSERT INTO silences (at, actor, reason, rule, subject, team, expires_at)
VALUES (:at, :actor, :reason, :rule, :subject, :team, :expires_at)
RETURNING id;

-- name: silences
-- why:  the newest silences, in force or over, for the page and the command line
-- cost: rows 100, buffers 20
SELECT id, at, actor, reason, rule, subject, team, expires_at, ended_at, ended_by
  FROM silences ORDER BY id DESC LIMIT 100;

-- name: silences_in_force
-- why:  what is silent just now; looked at every other second
-- cost: rows 100, buffers 10
SELECT id, at, actor, reason, rule, subject, team, expires_at, ended_at, ended_by
  FROM silences WHERE expires_at > :now AND ended_at IS NULL ORDER BY id LIMIT 100;

-- name: end_silence
-- why:  an operator wants to be told again, once
-- cost: rows 1, buffers 6
UPDATE silences SET ended_at = :now, ended_by = :actor
 WHERE id = :id AND ended_at IS NULL AND expires_at > :now;
