-- Indexes that somebody asked for in an incident, and how far their building is; times in seconds since 1970.
CREATE TABLE index_builds (
  id          INTEGER PRIMARY KEY,
  incident_id INTEGER NOT NULL REFERENCES incidents (id),
  index_name  TEXT NOT NULL,
  role        TEXT NOT NULL,
  asked_at    INTEGER NOT NULL,
  told_at     INTEGER,
  began_at    INTEGER,
  ended_at    INTEGER,
  starts      INTEGER NOT NULL DEFAULT 0,
  phase       TEXT NOT NULL DEFAULT '',
  done        INTEGER NOT NULL DEFAULT 0,
  total       INTEGER NOT NULL DEFAULT 0,
  failed      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX index_builds_one_at_a_time ON index_builds (index_name) WHERE ended_at IS NULL;
CREATE INDEX index_builds_of_incident ON index_builds (incident_id, id);
