-- Operators, their sessions and one-time links, in the event log (SQLite).

-- name: insert_operator
-- why:  an operator is added once under a name
-- cost: rows 0, buffers 12
INSERT INTO operators (id, name, role, password_hash, created_at)
VALUES (:id, :name, :role, :password_hash, :created_at)
ON CONFLICT (name) DO NOTHING;

-- name: operators
-- why:  the command line and the operators' page list everybody
-- cost: rows 500, buffers 40, scan operators
SELECT id, name, role, created_at, disabled_at FROM operators ORDER BY name LIMIT 500;

-- name: operator_by_name
-- why:  log-in compares the password with this account's hash
-- cost: rows 1, buffers 6
SELECT id, name, role, password_hash, created_at, disabled_at FROM operators WHERE name = :name;

-- name: set_password
-- why:  recovery replaces the hash and lets the account in again
-- cost: rows 0, buffers 8
UPDATE operators SET password_hash = :password_hash, disabled_at = NULL WHERE id = :id;

-- name: disable_operator
-- why:  somebody who left may not log in any more
-- cost: rows 0, buffers 8
UPDATE operators SET disabled_at = :now WHERE id = :id AND disabled_at IS NULL;

-- name: begin_session
-- why:  a log-in that succeeded
-- cost: rows 0, buffers 10
INSERT INTO operator_sessions (token_hash, operator_id, created_at, seen_at)
VALUES (:token_hash, :operator_id, :now, :now);

-- name: session
-- why:  every page of the control room asks who is there
-- cost: rows 1, buffers 8
SELECT operators.id, name, role, operators.created_at, disabled_at, operator_sessions.seen_at
  FROM operator_sessions JOIN operators ON operators.id = operator_sessions.operator_id
 WHERE token_hash = :token_hash
   AND disabled_at IS NULL
   AND operator_sessions.created_at > :begun_after
   AND operator_sessions.seen_at > :seen_after;

-- name: touch_session
-- why:  a session ends when it is idle for long
-- cost: rows 0, buffers 8
UPDATE operator_sessions SET seen_at = :now WHERE token_hash = :token_hash;

-- name: end_session
-- why:  log-out
-- cost: rows 0, buffers 8
DELETE FROM operator_sessions WHERE token_hash = :token_hash;

-- name: end_sessions_of
-- why:  a new password or a disabled account ends every session of the operator
-- cost: rows 0, buffers 100
DELETE FROM operator_sessions WHERE operator_id = :operator_id;

-- name: forget_expired_sessions
-- why:  sessions that nobody can use any more are not kept
-- cost: rows 0, buffers 500, scan operator_sessions
DELETE FROM operator_sessions WHERE created_at <= :begun_after OR seen_at <= :seen_after;

-- name: insert_link
-- why:  a one-time link to make or recover an account
-- cost: rows 0, buffers 8
INSERT INTO operator_links (token_hash, role, operator_id, created_at, expires_at)
VALUES (:token_hash, :role, :operator_id, :now, :expires_at);

-- name: void_links
-- why:  a newer link makes the unused ones for the same purpose worthless
-- cost: rows 0, buffers 100, scan operator_links
DELETE FROM operator_links WHERE used_at IS NULL AND role = :role AND operator_id IS :operator_id;

-- name: link
-- why:  the page behind a link says what it is for
-- cost: rows 1, buffers 8
SELECT operator_links.role, operator_id, operators.name
  FROM operator_links LEFT JOIN operators ON operators.id = operator_links.operator_id
 WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now;

-- name: use_link
-- why:  a link works once; the row's own state decides between two who come at once
-- cost: rows 0, buffers 8
UPDATE operator_links SET used_at = :now WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now;
