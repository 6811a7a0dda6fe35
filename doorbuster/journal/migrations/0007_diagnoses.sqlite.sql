-- What the diagnosis said, and what it rested on, frozen at a few instants of each episode. `document` is JSON, zlib.
CREATE TABLE diagnoses (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  onset    INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  cause    TEXT,
  headline TEXT NOT NULL,
  document BLOB NOT NULL
) STRICT;
CREATE INDEX diagnoses_of_onset ON diagnoses (onset, at);
