-- Who is on call, and whom was told what. In the event log, because it must work on PostgreSQL's worst day.
CREATE TABLE on_call_people (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL,
  removed_at TEXT
) STRICT;
CREATE UNIQUE INDEX on_call_people_by_name ON on_call_people (name) WHERE removed_at IS NULL;

-- `url` is what apprise reads: it may hold a secret and is never shown whole.
CREATE TABLE on_call_targets (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  person_id  INTEGER NOT NULL REFERENCES on_call_people (id),
  url        TEXT NOT NULL,
  important  INTEGER NOT NULL CHECK (important IN (0, 1)),
  removed_at TEXT
) STRICT;
CREATE INDEX on_call_targets_of_person ON on_call_targets (person_id) WHERE removed_at IS NULL;

-- One rotation a team: shifts of `days` days, handed over at `hand_over` (hours and minutes in `zone`) since `begins`.
CREATE TABLE on_call_rotations (
  team      TEXT PRIMARY KEY,
  zone      TEXT NOT NULL,
  hand_over TEXT NOT NULL,
  days      INTEGER NOT NULL CHECK (days BETWEEN 1 AND 28),
  begins    TEXT NOT NULL,
  people    TEXT NOT NULL CHECK (json_valid(people))
) STRICT;

CREATE TABLE on_call_overrides (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  team       TEXT NOT NULL,
  person_id  INTEGER NOT NULL REFERENCES on_call_people (id),
  begins_at  INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL,
  removed_at TEXT,
  CHECK (begins_at < ends_at)
) STRICT;
CREATE INDEX on_call_overrides_of_team ON on_call_overrides (team, ends_at) WHERE removed_at IS NULL;

CREATE TABLE on_call_policies (
  team  TEXT PRIMARY KEY,
  steps TEXT NOT NULL CHECK (json_valid(steps))
) STRICT;

-- One page for one trouble; times in seconds since 1970. `step` is the next step of the policy, `next_at` when it is due.
CREATE TABLE on_call_pages (
  id              TEXT PRIMARY KEY,
  key             TEXT NOT NULL,
  team            TEXT NOT NULL,
  cause           TEXT NOT NULL,
  severity        TEXT NOT NULL,
  headline        TEXT NOT NULL,
  text            TEXT NOT NULL,
  url             TEXT NOT NULL,
  opened_at       INTEGER NOT NULL,
  step            INTEGER NOT NULL,
  next_at         INTEGER NOT NULL,
  acknowledged_at INTEGER,
  acknowledged_by TEXT,
  closed_at       INTEGER
) STRICT;
CREATE UNIQUE INDEX on_call_pages_one_open_each ON on_call_pages (key) WHERE closed_at IS NULL;
CREATE INDEX on_call_pages_newest ON on_call_pages (opened_at);

CREATE TABLE on_call_deliveries (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  page_id   TEXT NOT NULL REFERENCES on_call_pages (id),
  target_id INTEGER NOT NULL REFERENCES on_call_targets (id),
  step      INTEGER NOT NULL,
  decided_at INTEGER NOT NULL,
  state     TEXT NOT NULL CHECK (state IN ('due', 'sent', 'failed')),
  attempts  INTEGER NOT NULL,
  why       TEXT NOT NULL
) STRICT;
CREATE INDEX on_call_deliveries_of_page ON on_call_deliveries (page_id, id);
CREATE INDEX on_call_deliveries_due ON on_call_deliveries (id) WHERE state = 'due';
