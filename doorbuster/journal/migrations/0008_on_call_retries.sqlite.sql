-- When a message is tried (again), in seconds since 1970.
ALTER TABLE on_call_deliveries ADD COLUMN try_at INTEGER NOT NULL DEFAULT 0;
