-- What the trials of the diagnosis do to a database, past the shop.

-- name: trial_drop_search_index
-- why:  a fault: the index of the search is gone
-- cost: rows 0, buffers 10
DROP INDEX IF EXISTS products_search;

-- name: trial_make_search_index
-- why:  the fault is mended
-- cost: rows 0, buffers 100000, scan products, growth linear
CREATE INDEX IF NOT EXISTS products_search ON products USING gin (search) WHERE status = 'active';

-- name: trial_drop_words_index
-- why:  a fault: the index that finds words like the one that was typed is gone
-- cost: rows 0, buffers 10
DROP INDEX IF EXISTS search_words_by_trigram;

-- name: trial_make_words_index
-- why:  the fault is mended
-- cost: rows 0, buffers 100000, scan search_words, growth linear
CREATE INDEX IF NOT EXISTS search_words_by_trigram ON search_words USING gin (trigrams);

-- name: trial_report
-- why:  a fault: a report that nobody bounded, as an analyst writes it
-- cost: rows 1, buffers 10
SELECT count(*) AS counted FROM generate_series(1, 40000000) AS number WHERE md5(number::text) LIKE '%0000000%';

-- name: trial_make_scratch
-- why:  a fault needs a table to write to
-- cost: rows 0, buffers 10
CREATE UNLOGGED TABLE IF NOT EXISTS trial_scratch (id bigint GENERATED ALWAYS AS IDENTITY, words text);

-- name: trial_log_scratch
-- why:  the writes of the fault go through the log
-- cost: rows 0, buffers 10
ALTER TABLE trial_scratch SET LOGGED;

-- name: trial_write
-- why:  a fault: more is written than the disk takes
-- cost: rows 0, buffers 100000
INSERT INTO trial_scratch (words) SELECT repeat(md5(number::text), 30) FROM generate_series(1, 20000) AS number;

-- name: trial_empty_scratch
-- why:  the fault's rows are taken away
-- cost: rows 0, buffers 100
TRUNCATE trial_scratch;

-- name: trial_checkpoint
-- why:  a fault: checkpoints without pause
-- cost: rows 0, buffers 10
CHECKPOINT;

-- name: trial_jobs
-- why:  a fault: more jobs than the worker can do
-- cost: rows 0, buffers 10000
INSERT INTO outbox (kind, payload) SELECT 'nothing', '{}' FROM generate_series(1, 500);
