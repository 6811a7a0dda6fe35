-- Reading what the reconciler found, and refused refunds; both belong to `shop`.

-- name: reconciliations
-- why:  operators see until when the books were compared with each gateway
-- cost: rows 10, buffers 4
SELECT gateway, reconciled_to, ran_at, events, mended FROM reconciliations ORDER BY gateway LIMIT 10;

-- name: open_discrepancies
-- why:  what waits for a person, the oldest first
-- cost: rows 100, buffers 700
SELECT d.id, d.gateway, d.kind, d.reference, d.detail, d.found_at, o.id AS order_id, o.number AS order_number
  FROM discrepancies d
  LEFT JOIN payments p ON p.id = d.payment_id
  LEFT JOIN orders o ON o.id = p.order_id
 WHERE d.closed_at IS NULL
 ORDER BY d.found_at
 LIMIT 100;

-- name: closed_discrepancies
-- why:  what was mended or dealt with, the newest first
-- cost: rows 50, buffers 700
SELECT d.id, d.kind, d.reference, d.detail, d.found_at, d.closed_at, d.closed_by, d.close_reason,
       o.id AS order_id, o.number AS order_number
  FROM discrepancies d
  LEFT JOIN payments p ON p.id = d.payment_id
  LEFT JOIN orders o ON o.id = p.order_id
 WHERE d.closed_at IS NOT NULL AND (:before::uuid IS NULL OR d.id < :before)
 ORDER BY d.id DESC
 LIMIT :most;

-- name: discrepancy
-- why:  an operator closes one
-- cost: rows 1, buffers 12
SELECT d.id, d.kind, d.reference, d.detail, d.found_at, d.closed_at FROM discrepancies d WHERE d.id = :id;

-- name: failed_refunds
-- why:  money that belongs to a shopper and that the gateway did not take back, the oldest first
-- cost: rows 100, buffers 1300
SELECT r.id, r.amount, p.currency, r.reason, r.failure, r.created_at, r.retries, o.id AS order_id, o.number AS order_number
  FROM refunds r
  JOIN payments p ON p.id = r.payment_id
  JOIN orders o ON o.id = p.order_id
 WHERE r.state = 'failed'
 ORDER BY r.created_at
 LIMIT 100;
