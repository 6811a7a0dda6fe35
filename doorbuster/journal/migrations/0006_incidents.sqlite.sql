-- Incidents, in the event log: losing PostgreSQL loses no line of the story. Times are seconds since 1970.
CREATE TABLE incidents (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  key             TEXT NOT NULL CONSTRAINT incidents_opened_once UNIQUE,
  title           TEXT NOT NULL,
  severity        INTEGER NOT NULL CONSTRAINT incidents_severity_known CHECK (severity BETWEEN 1 AND 4),
  state           TEXT NOT NULL CONSTRAINT incidents_state_known
                  CHECK (state IN ('detected', 'acknowledged', 'mitigated', 'resolved', 'reviewed')),
  cause           TEXT NOT NULL DEFAULT '',
  team            TEXT NOT NULL DEFAULT 'platform',
  impact_at       INTEGER,
  detected_at     INTEGER NOT NULL,
  acknowledged_at INTEGER,
  named_at        INTEGER,
  mitigated_at    INTEGER,
  resolved_at     INTEGER,
  reviewed_at     INTEGER,
  quiet_since     INTEGER,
  hurt_peak       REAL,
  sale_running    INTEGER NOT NULL DEFAULT 0,
  merged_into     INTEGER REFERENCES incidents (id),
  said            TEXT NOT NULL DEFAULT '{}' CONSTRAINT incidents_said_is_json CHECK (json_valid(said)),
  drill           TEXT NOT NULL DEFAULT '',
  why_no_drill    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX incidents_of_state ON incidents (state, id);
CREATE INDEX incidents_by_detection ON incidents (detected_at);

-- Who stands where. People's names are for those at work; nothing that is published has them.
CREATE TABLE incident_roles (
  incident_id INTEGER NOT NULL REFERENCES incidents (id),
  role        TEXT NOT NULL,
  name        TEXT NOT NULL,
  CONSTRAINT incident_roles_one_each PRIMARY KEY (incident_id, role)
) STRICT, WITHOUT ROWID;

-- The story. `key` keeps what is gathered from being told twice; a wrong path is marked and stays.
CREATE TABLE incident_lines (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id INTEGER NOT NULL REFERENCES incidents (id),
  key         TEXT NOT NULL,
  at          INTEGER NOT NULL,
  source      TEXT NOT NULL,
  role        TEXT NOT NULL,
  text        TEXT NOT NULL,
  evidence    TEXT NOT NULL DEFAULT '{}' CONSTRAINT incident_lines_evidence_is_json CHECK (json_valid(evidence)),
  wrong       TEXT NOT NULL DEFAULT '',
  CONSTRAINT incident_lines_told_once UNIQUE (incident_id, key)
) STRICT;
CREATE INDEX incident_lines_in_order ON incident_lines (incident_id, at, id);
CREATE TRIGGER incident_lines_never_deleted BEFORE DELETE ON incident_lines
  BEGIN SELECT RAISE(ABORT, 'the timeline loses no line'); END;

-- What shoppers are told.
CREATE TABLE status_updates (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id INTEGER REFERENCES incidents (id),
  at          INTEGER NOT NULL,
  state       TEXT NOT NULL CONSTRAINT status_updates_state_known
              CHECK (state IN ('investigating', 'identified', 'monitoring', 'resolved')),
  text        TEXT NOT NULL
) STRICT;
CREATE INDEX status_updates_by_time ON status_updates (at);

-- What the house wrote of an incident, made again whenever it is asked for; and what people wrote instead of a part.
CREATE TABLE postmortems (
  incident_id  INTEGER PRIMARY KEY REFERENCES incidents (id),
  generated_at INTEGER NOT NULL,
  sections     TEXT NOT NULL CONSTRAINT postmortems_sections_are_json CHECK (json_valid(sections)),
  published_at INTEGER
) STRICT;
CREATE TABLE postmortem_edits (
  incident_id INTEGER NOT NULL REFERENCES incidents (id),
  section     TEXT NOT NULL,
  version     INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  role        TEXT NOT NULL,
  body        TEXT,
  CONSTRAINT postmortem_edits_numbered_once PRIMARY KEY (incident_id, section, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER postmortem_edits_never_updated BEFORE UPDATE ON postmortem_edits
  BEGIN SELECT RAISE(ABORT, 'an edit is a new version'); END;

-- What was promised, and every run of its proof. An item is verified by its runs alone.
CREATE TABLE action_items (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  incident_id INTEGER NOT NULL REFERENCES incidents (id),
  text        TEXT NOT NULL,
  kind        TEXT NOT NULL CONSTRAINT action_items_kind_known CHECK (kind IN ('prevent', 'detect', 'mitigate')),
  owner       TEXT NOT NULL DEFAULT '',
  due         TEXT NOT NULL DEFAULT '',
  tracker_url TEXT NOT NULL DEFAULT '',
  proof       TEXT NOT NULL DEFAULT '',
  done_at     INTEGER,
  reminded_at INTEGER,
  CONSTRAINT action_items_once_each UNIQUE (incident_id, text)
) STRICT;
CREATE TABLE proof_runs (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  proof  TEXT NOT NULL,
  at     INTEGER NOT NULL,
  holds  INTEGER NOT NULL,
  detail TEXT NOT NULL,
  CONSTRAINT proof_runs_once_each UNIQUE (proof, at)
) STRICT;
