-- name: orders_paid_lately
-- why:  the overview says how the shop sells just now, among the orders of the last quarter of an hour (ids carry time)
-- cost: rows 1, buffers 8000
SELECT count(*) FILTER (WHERE paid_at > now() - make_interval(secs => :seconds))::bigint AS paid
  FROM (SELECT paid_at FROM orders WHERE id > :since_id ORDER BY id DESC LIMIT 20000) lately;

-- name: waits_for_a_person
-- why:  the overview says when money or background work waits for a person
-- cost: rows 1, buffers 330
SELECT (SELECT count(*) FROM (SELECT 1 FROM discrepancies WHERE closed_at IS NULL LIMIT 100) d)
     + (SELECT count(*) FROM (SELECT 1 FROM refunds WHERE state = 'failed' LIMIT 100) r) AS payments,
       (SELECT count(*) FROM (SELECT 1 FROM pgqueuer WHERE status = 'failed' LIMIT 100) j) AS jobs;
