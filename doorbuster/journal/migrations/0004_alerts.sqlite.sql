-- Alerts that fired, until they are resolved and for a month after; times are seconds since 1970. `kept_at` is when the
-- control plane last wrote the row, `value` what it measured then.
CREATE TABLE alerts (
  id          TEXT PRIMARY KEY,
  rule        TEXT NOT NULL,
  subject     TEXT NOT NULL,
  severity    TEXT NOT NULL CHECK (severity IN ('page', 'ticket')),
  team        TEXT NOT NULL,
  since       INTEGER NOT NULL,
  fired_at    INTEGER NOT NULL,
  resolved_at INTEGER,
  kept_at     INTEGER NOT NULL,
  summary     TEXT NOT NULL,
  value       REAL NOT NULL,
  threshold   REAL NOT NULL,
  follows     TEXT NOT NULL DEFAULT '',
  silence     INTEGER,
  firings     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX alerts_by_time ON alerts (fired_at);
CREATE INDEX alerts_open ON alerts (rule, subject) WHERE resolved_at IS NULL;

-- Silences: what an operator does not want to be told of for a while. An empty rule, subject or team stands for any.
CREATE TABLE silences (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         TEXT NOT NULL,
  actor      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  rule       TEXT NOT NULL DEFAULT '',
  subject    TEXT NOT NULL DEFAULT '',
  team       TEXT NOT NULL DEFAULT '',
  expires_at TEXT NOT NULL,
  ended_at   TEXT,
  ended_by   TEXT,
  CONSTRAINT silences_are_about_something CHECK (rule <> '' OR team <> '')
) STRICT;
CREATE INDEX silences_by_expiry ON silences (expires_at);
