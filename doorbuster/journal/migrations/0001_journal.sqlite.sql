-- The journal. `seq` is the order of commits, whichever process wrote: the mirror follows it.
CREATE TABLE journal (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  id      TEXT NOT NULL UNIQUE,
  at      TEXT NOT NULL,
  actor   TEXT NOT NULL,
  role    TEXT NOT NULL,
  verb    TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(detail))
) STRICT;
CREATE INDEX journal_of_subject ON journal (subject, seq);
CREATE INDEX journal_of_actor ON journal (actor, seq);

CREATE TRIGGER journal_never_updated BEFORE UPDATE ON journal
  BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
CREATE TRIGGER journal_never_deleted BEFORE DELETE ON journal
  BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;

-- How far the mirror got.
CREATE TABLE watermarks (
  name TEXT PRIMARY KEY,
  seq  INTEGER NOT NULL
) STRICT;
