"""The event log's schema, one numbered step a file; `PRAGMA user_version` says how many were taken."""
