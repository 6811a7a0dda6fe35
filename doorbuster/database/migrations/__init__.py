"""Plain SQL, applied once and in order; see ../migrate.py."""
