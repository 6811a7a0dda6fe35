-- News of the provider's about money that was charged.

-- name: keep_news
-- why:  the provider is answered at once; a job takes the news
-- cost: rows 0, buffers 10
INSERT INTO outbox (kind, payload) VALUES ('provider_news', :news::jsonb);

-- name: book_refund
-- why:  money that the provider gave back is in the books once, whoever asked for it
-- cost: rows 1, buffers 300
SELECT answer, payment_id FROM book_refund(:news::jsonb);

-- name: unbook_refund
-- why:  money that a bank sent back is owed again
-- cost: rows 1, buffers 300
SELECT unbook_refund(:news::jsonb, :failure) AS order_number;

-- name: payment_by_reference
-- why:  a dispute names the charge; people know the order
-- cost: rows 1, buffers 12
SELECT p.id, o.number AS order_number
  FROM payments p JOIN orders o ON o.id = p.order_id
 WHERE p.gateway = :gateway AND p.gateway_ref = :gateway_ref;
