-- name: cancel_order
-- why:  an order ends before it is sent: its units and its money go back where they came from
-- cost: rows 1, buffers 1500
SELECT cancel_order(:order_id, :refund_id, :reason) AS answer;

-- name: ask_refund
-- why:  all or part of a captured payment is to be given back, once
-- cost: rows 1, buffers 1500
SELECT answer, remaining FROM ask_refund(:refund_id, :order_id, :amount, :reason, :restock);

-- name: refund_due
-- why:  the worker asks the gateway for a refund with all that identifies it
-- cost: rows 1, buffers 20
SELECT r.id AS refund_id, r.state, r.amount AS refund_amount, r.reason, r.retries, p.id, p.order_id, o.number AS order_number,
       o.secret AS order_secret, o.email, p.amount, p.currency, p.gateway, p.gateway_ref
  FROM refunds r
  JOIN payments p ON p.id = r.payment_id
  JOIN orders o ON o.id = p.order_id
 WHERE r.id = :refund_id;

-- name: complete_refund
-- why:  the gateway gave money back; when all of it is back, payment and order say so
-- cost: rows 1, buffers 200
SELECT complete_refund(:refund_id, :reference) AS done;

-- name: fulfil_order
-- why:  the parcel left; units of the shop's own stock leave the house with it
-- cost: rows 1, buffers 1000
SELECT fulfil_order(:order_id, :tracking) AS answer;

-- name: fail_refund
-- why:  the gateway refused; the money still belongs to the shopper, so an operator must see it
-- cost: rows 0, buffers 12
UPDATE refunds SET state = 'failed', failure = :failure WHERE id = :refund_id AND state = 'due';

-- name: retry_refund
-- why:  an operator has a refused refund tried again, in one step with the work it asks for
-- cost: rows 1, buffers 40
WITH due AS (
  UPDATE refunds r SET state = 'due', failure = NULL, retries = r.retries + 1
    FROM payments p
   WHERE r.id = :refund_id AND r.state = 'failed' AND p.id = r.payment_id AND p.order_id = :order_id
  RETURNING r.id
)
INSERT INTO outbox (kind, payload) SELECT 'refund', jsonb_build_object('refund_id', id) FROM due RETURNING id;
