-- What the trials of the diagnosis do to a database, past the shop.

-- name: trial_report
-- why:  a fault: a report that nobody bounded, as an analyst writes it
-- cost: rows 1, buffers 10
SELECT count(*) AS counted FROM generate_series(1, 40000000) AS number WHERE md5(number::text) LIKE '%0000000%';
