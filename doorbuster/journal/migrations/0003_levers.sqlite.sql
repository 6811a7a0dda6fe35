-- Levers of the guard: what an operator set, why, until when. Rows are never changed but to say that they were undone.
CREATE TABLE levers (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  at         TEXT NOT NULL,
  actor      TEXT NOT NULL,
  reason     TEXT NOT NULL,
  name       TEXT NOT NULL,
  setting    TEXT NOT NULL CHECK (json_valid(setting)),
  expires_at TEXT,
  undone_at  TEXT,
  undone_by  TEXT
) STRICT;
CREATE INDEX levers_of_name ON levers (name, id);
