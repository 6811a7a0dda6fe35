-- name: ask_room_letter
-- why:  who cannot do the sum is let in by a mailed link, one for each mailbox
-- cost: rows 0, buffers 20
WITH asked AS (
  INSERT INTO room_letters (sale_id, mailbox) VALUES (:sale_id, :mailbox) ON CONFLICT DO NOTHING RETURNING 1
)
INSERT INTO outbox (kind, payload) SELECT 'room_letter', :payload::jsonb FROM asked;

-- name: use_room_letter
-- why:  a letter is worth one ticket: whoever uses it first has it, and may use it again
-- cost: rows 1, buffers 20
UPDATE room_letters SET customer_key = coalesce(customer_key, :customer)
 WHERE sale_id = :sale_id AND mailbox = :mailbox
RETURNING customer_key;
