-- A proof must be seen to fail without the measure: a run of how it was says so, and says nothing of how it is.
ALTER TABLE proof_runs ADD COLUMN as_it_was INTEGER NOT NULL DEFAULT 0;

-- When the control plane last tried a proof by itself, and why it could not be run here (nothing: it could).
CREATE TABLE proof_attempts (
  proof TEXT PRIMARY KEY,
  at    INTEGER NOT NULL,
  why   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- When the company was told by mail what was published and what is due.
CREATE TABLE incident_digests (
  at        INTEGER PRIMARY KEY,
  receivers INTEGER NOT NULL
) STRICT;
