-- name: reconciled_to
-- why:  the next comparison begins where the last one ended
-- cost: rows 1, buffers 4
SELECT reconciled_to, clock_timestamp() AS now FROM reconciliations WHERE gateway = :gateway;

-- name: note_reconciliation
-- why:  what was compared need not be compared again
-- cost: rows 0, buffers 10
INSERT INTO reconciliations AS r (gateway, reconciled_to, ran_at, events, mended)
VALUES (:gateway, :reconciled_to, clock_timestamp(), :events, :mended)
ON CONFLICT (gateway) DO UPDATE
   SET reconciled_to = excluded.reconciled_to, ran_at = excluded.ran_at,
       events = r.events + excluded.events, mended = r.mended + excluded.mended;

-- name: booked_between
-- why:  what the books say was captured must be charged at the gateway
-- cost: rows 10001, buffers 32000
SELECT id FROM payments
 WHERE captured_at >= :since AND captured_at < :until AND gateway = :gateway
 ORDER BY captured_at
 LIMIT :most;
