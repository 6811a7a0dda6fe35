-- Passes are given evenly: when the next may be given. A burst after a pause would be more in ten seconds than the rate says.
-- depends: 0820_indexes_of_review

ALTER TABLE rooms ADD COLUMN next_pass_at timestamptz NOT NULL DEFAULT '-infinity';
