-- The line for units that come back, and who wants to know when a sale opens.

-- name: join_waiting_list
-- why:  a shopper takes a place in line, once for each key and once for each item
-- cost: rows 1, buffers 120
SELECT answer, waiting_id, hold_id, has, line_limit
  FROM join_waiting_list(:sale_id, :variant_id, :id, :customer_key, :key, :quantity, :email, :secret, :line_max,
                         :network);

-- name: leave_waiting_list
-- why:  a shopper who changes their mind makes the line shorter
-- cost: rows 1, buffers 60
SELECT leave_waiting_list(:id, :secret) AS left;

-- name: look_after_lines
-- why:  what came back is offered to whoever waited longest
-- cost: rows 1, buffers 20000
SELECT look_after_lines(:pools, :most) AS changed;

-- name: waiting_place
-- why:  whoever has the secret sees their place: who is before them, what was offered and until when
-- cost: rows 1, buffers 1100
SELECT w.id, w.secret, w.state, w.quantity, w.email, w.customer_key, w.hold_id, s.id AS sale_id, s.handle AS sale_handle,
       s.title AS sale_title, v.sku, p.title, k.held, k.on_hand, k.sold, s.offer_seconds, s.closes_at,
       h.state AS hold_state, h.quantity AS hold_quantity, h.expires_at, clock_timestamp() AS now,
       (SELECT count(*) FROM (SELECT 1 FROM waiting_list b
                               WHERE w.state = 'waiting' AND b.pool_id = w.pool_id AND b.state = 'waiting'
                                 AND b.place < w.place LIMIT 1000) before) AS ahead
  FROM waiting_list w
  JOIN stock_pools k ON k.id = w.pool_id
  JOIN sales s ON s.id = w.sale_id
  JOIN variants v ON v.id = k.variant_id
  JOIN products p ON p.id = v.product_id
  LEFT JOIN holds h ON h.id = w.hold_id
 WHERE w.id = :id AND w.secret = :secret;

-- name: waiting_to_tell
-- why:  a mail about a place in line needs all that the page shows
-- cost: rows 1, buffers 6
SELECT id, secret FROM waiting_list WHERE id = :id;

-- name: ask_notice
-- why:  a shopper wants a mail when a sale opens; one for each address, and none for who never wants one again
-- cost: rows 0, buffers 30
INSERT INTO sale_notices (id, sale_id, email, email_key, secret)
SELECT :id, s.id, :email, :email_key, :secret FROM sales s
 WHERE s.id = :sale_id AND s.opens_at > clock_timestamp() AND s.ended_at IS NULL
   AND NOT EXISTS (SELECT 1 FROM mail_stops m WHERE m.email_key = :email_key)
   AND (SELECT count(*) FROM (SELECT 1 FROM sale_notices n WHERE n.sale_id = s.id LIMIT :most) asked) < :most
ON CONFLICT (sale_id, email_key) DO NOTHING;

-- name: send_notices
-- why:  those who asked are told shortly before the opening, in bites, each once
-- cost: rows 1, buffers 4000
WITH due AS (
  SELECT n.id
    FROM sales s CROSS JOIN LATERAL (
      SELECT id FROM sale_notices WHERE sale_id = s.id AND state = 'asked' ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
    ) n
   WHERE s.opens_at BETWEEN clock_timestamp() - interval '15 minutes' AND clock_timestamp() + interval '5 minutes'
     AND s.ended_at IS NULL
   LIMIT :most
), sent AS (
  UPDATE sale_notices n SET state = 'sent' FROM due WHERE n.id = due.id RETURNING n.id
), told AS (
  INSERT INTO outbox (kind, payload) SELECT 'sale_notice', jsonb_build_object('notice_id', id) FROM sent
)
SELECT count(*) AS sent FROM sent;

-- name: notice
-- why:  the mail of a notice says which sale opens when
-- cost: rows 1, buffers 12
SELECT n.id, n.email, n.secret, s.handle, s.title, s.opens_at
  FROM sale_notices n JOIN sales s ON s.id = n.sale_id WHERE n.id = :id;

-- name: stop_notices
-- why:  whoever has the link of such a mail stops all of them for their address
-- cost: rows 0, buffers 36
WITH mine AS (
  UPDATE sale_notices SET state = 'stopped' WHERE id = :id AND secret = :secret RETURNING email_key
)
INSERT INTO mail_stops (email_key) SELECT email_key FROM mine ON CONFLICT DO NOTHING;
