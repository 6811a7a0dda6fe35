-- Operators, their sessions, and the one-time links that make or recover an account.
CREATE TABLE operators (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL COLLATE NOCASE UNIQUE,
  role          TEXT NOT NULL CHECK (role IN ('viewer', 'merchant', 'operator', 'owner')),
  password_hash TEXT NOT NULL,
  created_at    TEXT NOT NULL,
  disabled_at   TEXT
) STRICT;

CREATE TABLE operator_sessions (
  token_hash  BLOB PRIMARY KEY,
  operator_id TEXT NOT NULL REFERENCES operators (id),
  created_at  TEXT NOT NULL,
  seen_at     TEXT NOT NULL
) STRICT;
CREATE INDEX operator_sessions_of_operator ON operator_sessions (operator_id);

-- `operator_id` is set when the link recovers an account, and null when it makes a new one with `role`.
CREATE TABLE operator_links (
  token_hash  BLOB PRIMARY KEY,
  role        TEXT NOT NULL CHECK (role IN ('viewer', 'merchant', 'operator', 'owner')),
  operator_id TEXT REFERENCES operators (id),
  created_at  TEXT NOT NULL,
  expires_at  TEXT NOT NULL,
  used_at     TEXT
) STRICT;
