-- The store of the series (SQLite): blocks of sixty values for each name, packed.

-- name: make_blocks
-- why:  one row holds a minute by seconds (step 1) or an hour by minutes (step 60)
-- cost: rows 0, buffers 10
CREATE TABLE IF NOT EXISTS blocks (
    step INTEGER NOT NULL,
    begins INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT blocks_pkey PRIMARY KEY (step, begins)
) WITHOUT ROWID;

-- name: make_changes
-- why:  what became different, to be shown beside the series
-- cost: rows 0, buffers 10
CREATE TABLE IF NOT EXISTS changes (at INTEGER NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL);

-- name: index_changes
-- why:  changes are read by their time
-- cost: rows 0, buffers 10
CREATE INDEX IF NOT EXISTS changes_at ON changes (at);

-- name: make_notes
-- why:  what the watch must know after a restart, such as how things were defined
-- cost: rows 0, buffers 10
CREATE TABLE IF NOT EXISTS notes (name TEXT NOT NULL CONSTRAINT notes_pkey PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- name: note
-- why:  the watch begins where it stopped
-- cost: rows 1, buffers 4
SELECT value FROM notes WHERE name = :name LIMIT 1;

-- name: keep_note
-- why:  the watch begins where it stopped
-- cost: rows 0, buffers 10
INSERT INTO notes (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value;

-- name: keep_block
-- why:  a block is written again and again until it is full
-- cost: rows 0, buffers 20
INSERT INTO blocks (step, begins, body) VALUES (:step, :begins, :body)
    ON CONFLICT (step, begins) DO UPDATE SET body = excluded.body;

-- name: blocks_between
-- why:  a picture of a past time, and the last minutes after a restart
-- cost: rows 800, buffers 4000
SELECT begins, body FROM blocks
 WHERE step = :step AND begins > :since - 60 * :step AND begins <= :until
 ORDER BY begins
 LIMIT 800;

-- name: forget_blocks
-- why:  the store is bounded: seconds for an hour, minutes for a month
-- cost: rows 0, buffers 100
DELETE FROM blocks WHERE step = :step AND begins < :before;

-- name: keep_change
-- why:  a change outlives a restart
-- cost: rows 0, buffers 10
INSERT INTO changes (at, kind, what) VALUES (:at, :kind, :what);

-- name: changes_since
-- why:  what changed before the trouble began; the newest
-- cost: rows 1000, buffers 100
SELECT at, kind, what FROM (
    SELECT at, kind, what, rowid FROM changes WHERE at >= :since ORDER BY at DESC, rowid DESC LIMIT 1000
) ORDER BY at, rowid;

-- name: forget_changes
-- why:  the store is bounded: a month, and ten thousand
-- cost: rows 0, buffers 100
DELETE FROM changes
 WHERE at < :before OR rowid <= (SELECT max(rowid) - 10000 FROM changes);
