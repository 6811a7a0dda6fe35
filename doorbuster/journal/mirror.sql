-- The mirror of the journal in PostgreSQL.

-- name: mirror_lines
-- why:  carries a batch of lines over from the event log; a line that is there already is left alone
-- cost: rows 0, buffers 2000
INSERT INTO journal (id, at, actor, role, verb, subject, detail)
SELECT * FROM unnest(:ids::uuid[], :ats::timestamptz[], :actors::text[], :roles::text[], :verbs::text[],
                     :subjects::text[], :details::jsonb[])
ON CONFLICT (id) DO NOTHING;

-- name: line_is_mirrored
-- why:  tells whether this database has the mirror's last line, or is a fresh one
-- cost: rows 1, buffers 6
SELECT 1 AS known FROM journal WHERE id = :id::uuid;
