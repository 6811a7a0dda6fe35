-- Links by which somebody without an account sees the overview and the sales, until `expires_at` or a revocation.
CREATE TABLE views (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash BLOB NOT NULL UNIQUE,
  label      TEXT NOT NULL,
  made_by    TEXT NOT NULL,
  made_at    TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  entered_at TEXT,
  revoked_at TEXT
) STRICT;
