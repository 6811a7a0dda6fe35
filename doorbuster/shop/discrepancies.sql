-- Disagreements between the gateway and the books.

-- name: note_discrepancy
-- why:  a disagreement is written down once, mended or open
-- cost: rows 1, buffers 20
INSERT INTO discrepancies (id, gateway, kind, reference, payment_id, detail, closed_at)
VALUES (:id, :gateway, :kind, :reference, :payment_id, :detail, CASE WHEN :mended THEN clock_timestamp() END)
ON CONFLICT (gateway, kind, reference) DO NOTHING
RETURNING id;

-- name: close_discrepancy
-- why:  an operator dealt with it, and says how
-- cost: rows 0, buffers 10
UPDATE discrepancies SET closed_at = clock_timestamp(), closed_by = :closed_by, close_reason = :reason
 WHERE id = :id AND closed_at IS NULL;

-- name: close_discrepancy_by_reference
-- why:  the provider says that a dispute ended well
-- cost: rows 0, buffers 10
UPDATE discrepancies SET closed_at = clock_timestamp()
 WHERE gateway = :gateway AND kind = :kind AND reference = :reference AND closed_at IS NULL;
