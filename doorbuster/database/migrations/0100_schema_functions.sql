-- depends: 0004_background
-- Which version of each `*.function.sql` file this database has.

CREATE TABLE schema_functions (
  file         text        CONSTRAINT schema_functions_pkey PRIMARY KEY,
  content_hash text        NOT NULL,
  applied_at   timestamptz NOT NULL DEFAULT now()
);
