-- name: claimants_of_sale
-- why:  a worker may refuse from memory only those who certainly have nothing in the sale
-- cost: rows 50001, buffers 60000
SELECT customer_key, idempotency_key FROM holds WHERE sale_id = :sale_id LIMIT :most;

-- name: overdue_holds
-- why:  when the sweeper is away, claims must reach the database so that they reclaim what is overdue
-- cost: rows 1, buffers 6
SELECT EXISTS (SELECT 1 FROM holds
                WHERE state IN ('held', 'paying') AND expires_at < now() - interval '2 seconds') AS overdue;
