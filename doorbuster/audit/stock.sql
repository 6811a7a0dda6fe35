-- What the auditor asks about pools, holds, the ledger and the limits.
-- Every query returns what disagrees, at most :most rows, each with `drifted`: how many there are in all.

-- name: audit_snapshot
-- why:  every check looks at the same instant, while the shop goes on selling
-- cost: rows 0, buffers 0
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: audit_counted
-- why:  a check that found nothing says how much it looked at
-- cost: rows 1, buffers 2000000, scan stock_pools, scan stock_movements, scan holds, scan sales, scan sale_items, scan sale_customers, scan pool_networks, scan orders, scan payments, growth linear
SELECT (SELECT count(*) FROM stock_pools)     AS pools,
       (SELECT count(*) FROM stock_movements) AS movements,
       (SELECT count(*) FROM holds)           AS holds,
       (SELECT count(*) FROM sales)           AS sales,
       (SELECT count(*) FROM sale_items)      AS items,
       (SELECT count(*) FROM sale_customers)  AS customers,
       (SELECT count(*) FROM pool_networks)   AS networks,
       (SELECT count(*) FROM orders)          AS orders,
       (SELECT count(*) FROM payments)        AS payments
LIMIT 1;

-- name: audit_pools_against_ledger
-- why:  a pool's counters are the sums of its movements, or units moved without a trace
-- cost: rows 100, buffers 500000, scan stock_pools, scan stock_movements, growth linear
SELECT count(*) OVER () AS drifted, p.id AS pool, v.sku,
       p.on_hand, p.held, p.sold,
       coalesce(m.on_hand, 0) AS ledger_on_hand, coalesce(m.held, 0) AS ledger_held, coalesce(m.sold, 0) AS ledger_sold
FROM stock_pools p
JOIN variants v ON v.id = p.variant_id
LEFT JOIN (
  SELECT pool_id, sum(on_hand_delta) AS on_hand, sum(held_delta) AS held, sum(sold_delta) AS sold
  FROM stock_movements
  GROUP BY pool_id
) m ON m.pool_id = p.id
WHERE (p.on_hand, p.held, p.sold)
      IS DISTINCT FROM (coalesce(m.on_hand, 0), coalesce(m.held, 0), coalesce(m.sold, 0))
ORDER BY p.id
LIMIT :most;

-- name: audit_pools_oversold
-- why:  the one promise: no more units are held and sold than there are
-- cost: rows 100, buffers 30000, scan stock_pools, growth linear
SELECT count(*) OVER () AS drifted, p.id AS pool, v.sku, p.on_hand, p.held, p.sold
FROM stock_pools p
JOIN variants v ON v.id = p.variant_id
WHERE p.held + p.sold > p.on_hand OR p.held < 0 OR p.sold < 0
ORDER BY p.id
LIMIT :most;

-- name: audit_pools_against_holds
-- why:  what a pool counts as held is what its living holds hold
-- cost: rows 100, buffers 400000, scan stock_pools, scan holds, growth linear
SELECT count(*) OVER () AS drifted, p.id AS pool, v.sku, p.held, coalesce(h.held, 0) AS holds_hold,
       coalesce(h.holds, 0) AS holds
FROM stock_pools p
JOIN variants v ON v.id = p.variant_id
LEFT JOIN (
  SELECT pool_id, sum(quantity) AS held, count(*) AS holds
  FROM holds
  WHERE state IN ('held', 'paying')
  GROUP BY pool_id
) h ON h.pool_id = p.id
WHERE p.held <> coalesce(h.held, 0)
ORDER BY p.id
LIMIT :most;

-- name: audit_pools_against_sold
-- why:  what a pool counts as sold is what its sold holds took, less what has left the house
-- cost: rows 100, buffers 900000, scan stock_pools, scan holds, scan stock_movements, growth linear
SELECT count(*) OVER () AS drifted, p.id AS pool, v.sku, p.sold, coalesce(h.sold, 0) AS holds_sold,
       coalesce(-m.gone, 0) AS gone
FROM stock_pools p
JOIN variants v ON v.id = p.variant_id
LEFT JOIN (
  SELECT pool_id, sum(quantity) AS sold FROM holds WHERE state = 'sold' GROUP BY pool_id
) h ON h.pool_id = p.id
LEFT JOIN (
  SELECT pool_id, sum(sold_delta) AS gone FROM stock_movements
  WHERE kind IN ('fulfilled', 'returned') GROUP BY pool_id
) m ON m.pool_id = p.id
WHERE p.sold <> coalesce(h.sold, 0) + coalesce(m.gone, 0)
ORDER BY p.id
LIMIT :most;

-- name: audit_holds_against_ledger
-- why:  names the very hold whose movements do not add up to its state
-- cost: rows 100, buffers 1500000, scan holds, scan stock_movements, growth linear
SELECT count(*) OVER () AS drifted, h.id AS hold, h.state, h.quantity,
       coalesce(m.held, 0) AS ledger_held, coalesce(m.sold, 0) AS ledger_sold
FROM holds h
LEFT JOIN (
  SELECT hold_id, sum(held_delta) AS held,
         sum(sold_delta) FILTER (WHERE kind NOT IN ('fulfilled', 'returned')) AS sold
  FROM stock_movements
  WHERE hold_id IS NOT NULL
  GROUP BY hold_id
) m ON m.hold_id = h.id
WHERE coalesce(m.held, 0) <> CASE WHEN h.state IN ('held', 'paying') THEN h.quantity ELSE 0 END
   OR coalesce(m.sold, 0) <> CASE WHEN h.state = 'sold' THEN h.quantity ELSE 0 END
ORDER BY h.id
LIMIT :most;

-- name: audit_movements_astray
-- why:  a movement without its pool or hold, or in another pool than its hold, moved units nobody can find
-- cost: rows 100, buffers 1500000, scan stock_movements, scan holds, growth linear
SELECT count(*) OVER () AS drifted, m.id AS movement, m.kind, m.pool_id AS pool, m.hold_id AS hold,
       CASE WHEN p.id IS NULL THEN 'its pool does not exist'
            WHEN h.id IS NULL THEN 'its hold does not exist'
            ELSE 'its hold is in pool ' || h.pool_id END AS fault
FROM stock_movements m
LEFT JOIN stock_pools p ON p.id = m.pool_id
LEFT JOIN holds h ON h.id = m.hold_id
WHERE p.id IS NULL OR (m.hold_id IS NOT NULL AND h.pool_id IS DISTINCT FROM m.pool_id)
ORDER BY m.id
LIMIT :most;

-- name: audit_holds_astray
-- why:  a hold names a pool that exists and is of its sale and its variant
-- cost: rows 100, buffers 45000000, scan holds, growth linear
SELECT count(*) OVER () AS drifted, h.id AS hold, h.pool_id AS pool,
       CASE WHEN p.id IS NULL THEN 'does not exist'
            WHEN p.sale_id IS DISTINCT FROM h.sale_id THEN 'belongs to another sale'
            ELSE 'is of another variant' END AS fault
FROM holds h
LEFT JOIN stock_pools p ON p.id = h.pool_id
WHERE p.id IS NULL OR p.sale_id IS DISTINCT FROM h.sale_id OR p.variant_id <> h.variant_id
ORDER BY h.id
LIMIT :most;

-- name: audit_holds_overdue
-- why:  units of a hold that ran out go back to the others
-- cost: rows 100, buffers 400, growth linear
SELECT count(*) OVER () AS drifted, h.id AS hold, h.state, h.quantity, h.expires_at,
       extract(epoch FROM now() - h.expires_at)::bigint AS overdue_seconds
FROM holds h
WHERE h.state IN ('held', 'paying') AND h.expires_at < now() - make_interval(secs => :grace_seconds::int)
ORDER BY h.expires_at
LIMIT :most;

-- name: audit_allocation
-- why:  what a sale's pool was given left the shop's pool, and what came back left the sale's
-- cost: rows 100, buffers 500000, scan stock_movements, growth linear
SELECT count(*) OVER () AS drifted, v.sku, l.name AS location, sum(m.on_hand_delta) AS surplus
FROM stock_movements m
JOIN stock_pools p ON p.id = m.pool_id
JOIN variants v ON v.id = p.variant_id
JOIN locations l ON l.id = p.location_id
WHERE m.kind IN ('allocated', 'returned') AND m.hold_id IS NULL
GROUP BY v.sku, l.name
HAVING sum(m.on_hand_delta) <> 0
ORDER BY v.sku, l.name
LIMIT :most;

-- name: audit_sale_units
-- why:  a sale offers the units that its pool was given; once it has ended, leftovers may have gone home
-- cost: rows 100, buffers 800000, scan sale_items, growth linear
SELECT count(*) OVER () AS drifted, s.handle AS sale, v.sku, i.units, p.on_hand, p.held, p.sold,
       coalesce(m.given, 0) AS given, p.sale_id IS NOT DISTINCT FROM i.sale_id AS own_pool
FROM sale_items i
JOIN sales s ON s.id = i.sale_id
JOIN variants v ON v.id = i.variant_id
JOIN stock_pools p ON p.id = i.pool_id
LEFT JOIN LATERAL (
  SELECT sum(on_hand_delta) AS given FROM stock_movements m
  WHERE m.pool_id = p.id AND m.kind IN ('allocated', 'returned') AND m.hold_id IS NULL
) m ON true
WHERE i.units < coalesce(m.given, 0) OR (s.ended_at IS NULL AND i.units > coalesce(m.given, 0))
   OR p.sale_id IS DISTINCT FROM i.sale_id OR p.variant_id <> i.variant_id
ORDER BY s.handle, v.sku
LIMIT :most;

-- name: audit_leftovers
-- why:  a sale that gave its leftovers back keeps nothing that could be sold
-- cost: rows 100, buffers 20000, scan sales, growth linear
SELECT count(*) OVER () AS drifted, s.handle AS sale, v.sku, p.on_hand - p.held - p.sold AS kept
FROM sales s
JOIN stock_pools p ON p.sale_id = s.id
JOIN variants v ON v.id = p.variant_id
WHERE s.leftovers_returned_at IS NOT NULL AND p.on_hand > p.held + p.sold
ORDER BY s.handle, v.sku
LIMIT :most;

-- name: audit_customers_against_holds
-- why:  what is counted against a customer's limit is what the customer's holds say, by session and by e-mail
-- cost: rows 100, buffers 900000, scan holds, scan sale_customers, growth linear
WITH owned AS (
  SELECT sale_id, customer_key AS customer,
         sum(quantity) FILTER (WHERE state IN ('held', 'paying')) AS held,
         sum(quantity) FILTER (WHERE state = 'sold') AS sold
  FROM holds
  WHERE sale_id IS NOT NULL
  GROUP BY sale_id, customer_key
  UNION ALL
  SELECT sale_id, email_key,
         sum(quantity) FILTER (WHERE state IN ('held', 'paying')),
         sum(quantity) FILTER (WHERE state = 'sold')
  FROM holds
  WHERE sale_id IS NOT NULL AND email_key IS NOT NULL
  GROUP BY sale_id, email_key
)
SELECT count(*) OVER () AS drifted, s.handle AS sale, coalesce(o.customer, c.customer_key) AS customer,
       coalesce(c.held, 0) AS held, coalesce(c.sold, 0) AS sold,
       coalesce(o.held, 0) AS holds_held, coalesce(o.sold, 0) AS holds_sold
FROM owned o
FULL JOIN sale_customers c ON c.sale_id = o.sale_id AND c.customer_key = o.customer
JOIN sales s ON s.id = coalesce(o.sale_id, c.sale_id)
WHERE coalesce(c.held, 0) <> coalesce(o.held, 0) OR coalesce(c.sold, 0) <> coalesce(o.sold, 0)
ORDER BY s.handle, 3
LIMIT :most;

-- name: audit_networks_against_holds
-- why:  what is counted against a network's share is what its holds and its places in line say
-- cost: rows 100, buffers 900000, scan holds, scan waiting_list, scan pool_networks, growth linear
WITH has AS (
  SELECT pool_id, network, coalesce(sum(held), 0) AS held, coalesce(sum(waiting), 0) AS waiting,
         coalesce(sum(sold), 0) AS sold, coalesce(sum(lapsed), 0) AS lapsed
  FROM (
    SELECT pool_id, network, quantity * (state IN ('held', 'paying'))::int AS held, 0 AS waiting,
           quantity * (state = 'sold')::int AS sold, quantity * (state IN ('released', 'expired'))::int AS lapsed
    FROM holds WHERE network IS NOT NULL
    UNION ALL
    SELECT pool_id, network, 0, quantity, 0, 0 FROM waiting_list WHERE network IS NOT NULL AND state = 'waiting'
  ) each
  GROUP BY pool_id, network
)
SELECT count(*) OVER () AS drifted, coalesce(n.pool_id, h.pool_id) AS pool, coalesce(n.network, h.network) AS network,
       n.held, n.waiting, n.sold, n.lapsed, h.held AS holds_held, h.waiting AS places_waiting, h.sold AS holds_sold,
       h.lapsed AS holds_lapsed
FROM pool_networks n
FULL JOIN has h ON h.pool_id = n.pool_id AND h.network = n.network
WHERE (n.held, n.waiting, n.sold, n.lapsed) IS DISTINCT FROM (h.held, h.waiting, h.sold, h.lapsed)
  AND coalesce(n.held, n.waiting, n.sold, n.lapsed, 0) + coalesce(h.held + h.waiting + h.sold + h.lapsed, 0) > 0
ORDER BY 2, 3
LIMIT :most;

-- name: audit_limits
-- why:  nobody got more of a sale than one customer may, whatever the counters say
-- cost: rows 100, buffers 900000, scan holds, growth linear
WITH owned AS (
  SELECT sale_id, customer_key AS customer, sum(quantity) AS has
  FROM holds
  WHERE sale_id IS NOT NULL AND state IN ('held', 'paying', 'sold')
  GROUP BY sale_id, customer_key
  HAVING sum(quantity) > 1  -- no limit is below one, so that nearly all need not be looked up
  UNION ALL
  SELECT sale_id, email_key, sum(quantity)
  FROM holds
  WHERE sale_id IS NOT NULL AND email_key IS NOT NULL AND state IN ('held', 'paying', 'sold')
  GROUP BY sale_id, email_key
  HAVING sum(quantity) > 1
)
SELECT count(*) OVER () AS drifted, s.handle AS sale, o.customer, o.has,
       greatest(s.limit_per_customer, c.maximum) AS maximum
FROM owned o
JOIN sales s ON s.id = o.sale_id
LEFT JOIN sale_customers c ON c.sale_id = o.sale_id AND c.customer_key = o.customer
WHERE o.has > greatest(s.limit_per_customer, c.maximum)
ORDER BY s.handle, o.customer
LIMIT :most;

-- name: audit_hold_keys
-- why:  one idempotency key had one effect
-- cost: rows 100, buffers 400000, scan holds, growth linear
SELECT count(*) OVER () AS drifted, idempotency_key AS key, customer_key AS customer, count(*) AS holds,
       min(id::text) AS first, max(id::text) AS last
FROM holds
GROUP BY sale_id, customer_key, idempotency_key
HAVING count(*) > 1
ORDER BY idempotency_key
LIMIT :most;

-- name: audit_lines_counted
-- why:  a pool that counts too many waiting would keep its units from everybody; too few, and newcomers overtake
-- cost: rows 100, buffers 60000, scan stock_pools, growth linear
SELECT count(*) OVER () AS drifted, p.id AS pool, v.sku, p.waiting, coalesce(w.waiting, 0) AS places
FROM stock_pools p
JOIN variants v ON v.id = p.variant_id
LEFT JOIN (SELECT pool_id, count(*) AS waiting FROM waiting_list WHERE state = 'waiting' GROUP BY pool_id) w ON w.pool_id = p.id
WHERE p.waiting <> coalesce(w.waiting, 0)
ORDER BY p.id
LIMIT :most;

-- name: audit_lines_overtaken
-- why:  what came back was offered in order: nobody waits who came before somebody who was offered a unit
-- cost: rows 100, buffers 200000, scan waiting_list, growth linear
SELECT count(*) OVER () AS drifted, w.id AS place, w.pool_id AS pool, o.place AS offered_place, w.place AS own_place
FROM waiting_list w
JOIN (SELECT pool_id, max(place) AS place FROM waiting_list WHERE offered_at IS NOT NULL GROUP BY pool_id) o
  ON o.pool_id = w.pool_id AND o.place > w.place
WHERE w.state = 'waiting'
ORDER BY w.place
LIMIT :most;

-- name: audit_lines_offers
-- why:  every offer is a hold of the pool for whoever waited
-- cost: rows 100, buffers 400000, scan waiting_list, growth linear
SELECT count(*) OVER () AS drifted, w.id AS place, w.state, w.hold_id AS hold,
       coalesce(h.state, 'missing') AS hold_state
FROM waiting_list w
LEFT JOIN holds h ON h.id = w.hold_id
WHERE w.hold_id IS NOT NULL
  AND (h.id IS NULL OR h.pool_id <> w.pool_id OR h.customer_key <> w.customer_key OR h.quantity > w.quantity
       OR (w.state = 'taken' AND h.state NOT IN ('sold', 'released')))
ORDER BY w.place
LIMIT :most;
