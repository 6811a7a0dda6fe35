-- name: ping
-- why:  a load balancer sends shoppers only to workers whose database answers
-- cost: rows 1, buffers 0
SELECT 1 AS answer;
