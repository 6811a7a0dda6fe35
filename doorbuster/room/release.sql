-- name: rooms_to_tend
-- why:  each second the controller sees what checkout did, what is left, and who came of those who were called
-- cost: rows 100, buffers 200000
SELECT r.sale_id, s.handle, r.phase, r.paused OR s.paused_at IS NOT NULL AS paused, r.tail, r.serving, r.lapsed, r.rate, r.rate_max,
       r.pace, r.no_show, r.credit, r.allowance, r.admitted, r.refused, r.refused - r.refused_old AS refused_now,
       extract(epoch FROM clock_timestamp() - r.tended_at)::float8 AS seconds,
       s.ended_at IS NOT NULL OR s.closes_at <= clock_timestamp() AS over,
       stock.units_left, stock.units_held, called.called_long_ago,
       (SELECT count(*) FROM room_tickets t WHERE t.sale_id = r.sale_id AND t.passes > 0
           AND t.position >= r.lapsed AND t.position < called.called_long_ago) AS came_of_lapsed,
       (SELECT count(*) FROM room_tickets t WHERE t.sale_id = r.sale_id AND t.passes > 0
           AND t.position >= called.called_long_ago AND t.position < r.serving) AS came_of_called,
       passes.idle, passes.used, passes.unused,
       greatest((SELECT count(*) FROM (SELECT 1 FROM sale_items i JOIN holds h ON h.pool_id = i.pool_id AND h.id >= :since
                                        WHERE i.sale_id = r.sale_id LIMIT 20000) held),
                (SELECT count(*) FROM (SELECT 1 FROM orders o WHERE o.sale_id = r.sale_id AND o.id >= :since LIMIT 20000) ordered))
         AS completed
  FROM rooms r
  JOIN sales s ON s.id = r.sale_id
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(k.on_hand - k.held - k.sold), 0)::bigint AS units_left, coalesce(sum(k.held), 0)::bigint AS units_held
      FROM sale_items i JOIN stock_pools k ON k.id = i.pool_id WHERE i.sale_id = r.sale_id
  ) stock
  CROSS JOIN LATERAL (
    SELECT greatest(r.lapsed, coalesce(max(c.serving), 0)) AS called_long_ago FROM (
      SELECT c.serving FROM room_calls c
       WHERE c.sale_id = r.sale_id AND c.serving > r.lapsed
         AND c.called_at <= statement_timestamp() - make_interval(secs => :turn_seconds::float8)
       LIMIT 1000) c
  ) called
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE p.alive AND NOT p.held) AS idle,
           count(*) FILTER (WHERE p.held) AS used,
           count(*) FILTER (WHERE NOT p.alive AND NOT p.held) AS unused
      FROM (SELECT t.pass_until > clock_timestamp() AS alive,
                   -- Not EXISTS: the planner would rather read every hold of the sale once than look up one for each pass.
                   (SELECT 1 FROM holds h WHERE h.sale_id = t.sale_id AND h.customer_key = t.customer_key LIMIT 1) IS NOT NULL AS held
              FROM room_tickets t
             WHERE t.sale_id = r.sale_id AND t.pass_until > statement_timestamp() - interval '5 minutes'
             LIMIT 20000) p
  ) passes
 WHERE r.phase IN ('admitting', 'sold_out')
 LIMIT 100;

-- name: tend_room
-- why:  the next are called, and how many may be admitted is written down, in one write
-- cost: rows 0, buffers 30
WITH tended AS (
  UPDATE rooms
     SET phase = :phase, serving = :serving, lapsed = :lapsed, rate = :rate, pace = :pace, no_show = :no_show, credit = :credit,
         allowance = greatest(:allowance, admitted), refused_old = :refused, tended_at = clock_timestamp()
   WHERE sale_id = :sale_id AND phase IN ('admitting', 'sold_out') AND serving <= :serving
  RETURNING sale_id, serving
)
INSERT INTO room_calls (sale_id, serving, called_at)
SELECT t.sale_id, t.serving, clock_timestamp() FROM tended t WHERE t.serving > 0
ON CONFLICT (sale_id, serving) DO NOTHING;

-- name: stretch_turns
-- why:  while a room is paused nobody's turn runs out; what was called before `lapsed` has none left to stretch
-- cost: rows 0, buffers 6000
UPDATE room_calls SET called_at = called_at + make_interval(secs => :seconds::float8)
 WHERE sale_id = :sale_id AND serving > (SELECT lapsed FROM rooms WHERE sale_id = :sale_id)
   AND called_at > statement_timestamp() - make_interval(secs => :turn_seconds::float8);

-- name: report_refusals
-- why:  claims that a worker refused for load tell the controller to call fewer
-- cost: rows 0, buffers 40
UPDATE rooms SET refused = refused + :refused WHERE phase = 'admitting';
