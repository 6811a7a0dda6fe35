-- name: live_rooms
-- why:  each worker knows by heart the rooms that shoppers wait in
-- cost: rows 100, buffers 700
SELECT r.sale_id, s.handle, s.title, s.opens_at, s.closes_at, r.entry_order, r.phase, r.paused, r.commitment, r.beacon,
       r.seed, r.cohort, r.offsets, r.tail, r.serving, r.rate, r.pace, r.rate_max, r.admitted, r.work_bits,
       CASE WHEN r.seed IS NOT NULL THEN r.secret END AS secret,
       (SELECT coalesce(sum(k.on_hand - k.held - k.sold), 0)::bigint FROM sale_items i JOIN stock_pools k ON k.id = i.pool_id
         WHERE i.sale_id = r.sale_id) AS units_left,
       (SELECT coalesce(sum(k.on_hand), 0)::bigint FROM sale_items i JOIN stock_pools k ON k.id = i.pool_id
         WHERE i.sale_id = r.sale_id) AS units
  FROM rooms r JOIN sales s ON s.id = r.sale_id
 WHERE r.phase <> 'closed'
 ORDER BY s.opens_at
 LIMIT 100;

-- name: room_of_sale
-- why:  the draw of a room can be checked long after it has closed
-- cost: rows 1, buffers 20
SELECT r.sale_id, s.handle, s.title, s.opens_at, s.closes_at, r.entry_order, r.phase, r.paused, r.commitment, r.beacon,
       r.seed, r.cohort, r.offsets, r.tail, r.serving, r.rate, r.pace, r.rate_max, r.admitted, r.work_bits,
       CASE WHEN r.seed IS NOT NULL THEN r.secret END AS secret,
       (SELECT coalesce(sum(k.on_hand - k.held - k.sold), 0)::bigint FROM sale_items i JOIN stock_pools k ON k.id = i.pool_id
         WHERE i.sale_id = r.sale_id) AS units_left,
       (SELECT coalesce(sum(k.on_hand), 0)::bigint FROM sale_items i JOIN stock_pools k ON k.id = i.pool_id
         WHERE i.sale_id = r.sale_id) AS units
  FROM rooms r JOIN sales s ON s.id = r.sale_id
 WHERE r.sale_id = :sale_id
 LIMIT 1;

-- name: open_room
-- why:  a room is opened once for a sale; one that was closed goes on where it stopped
-- cost: rows 1, buffers 30
WITH opened AS (
  INSERT INTO rooms (sale_id, entry_order, secret, commitment, beacon, rate_max, rate, work_bits)
  VALUES (:sale_id, :entry_order, :secret, :commitment, :beacon, :rate_max, :rate, :work_bits)
  ON CONFLICT (sale_id) DO UPDATE
    SET phase = CASE WHEN rooms.drawn_at IS NULL THEN 'registering' ELSE 'admitting' END, paused = false
    WHERE rooms.phase = 'closed'
  RETURNING sale_id
)
INSERT INTO room_stripes (sale_id, stripe)
SELECT o.sale_id, n FROM opened o CROSS JOIN generate_series(0, :stripes::int - 1) AS n
ON CONFLICT (sale_id, stripe) DO UPDATE SET taken = room_stripes.taken
RETURNING stripe;

-- name: close_room
-- why:  the sale goes on without a room; tickets are kept
-- cost: rows 0, buffers 10
UPDATE rooms SET phase = 'closed' WHERE sale_id = :sale_id AND phase <> 'closed';

-- name: pause_room
-- why:  nobody is called and nobody admitted for a while; who was admitted goes on
-- cost: rows 0, buffers 10
UPDATE rooms SET paused = true WHERE sale_id = :sale_id AND phase <> 'closed' AND NOT paused;

-- name: resume_room
-- why:  it goes on where it stopped; what the pause took from the turns of those called is given back
-- cost: rows 0, buffers 10
UPDATE rooms SET paused = false WHERE sale_id = :sale_id AND phase <> 'closed' AND paused;

-- name: set_room_rate
-- why:  the operator's ceiling; without one, checkout's own measure decides
-- cost: rows 0, buffers 10
UPDATE rooms SET rate_max = :rate_max, rate = least(rate, coalesce(:rate_max, rate))
 WHERE sale_id = :sale_id AND phase <> 'closed';

-- name: set_room_beacon
-- why:  a public text that nobody knew before goes into the seed; not after the draw
-- cost: rows 0, buffers 10
UPDATE rooms SET beacon = :beacon WHERE sale_id = :sale_id AND phase = 'registering';

-- name: rooms_to_draw
-- why:  the opening is judged by the database's clock
-- cost: rows 100, buffers 500
SELECT r.sale_id FROM rooms r JOIN sales s ON s.id = r.sale_id
 WHERE r.phase = 'registering' AND s.opens_at <= clock_timestamp()
 LIMIT 100;

-- name: seal_stripes
-- why:  from here on nobody registers; those who are registering now are waited for and counted
-- cost: rows 12, buffers 100
WITH locked AS (
  -- In one order with those who register in several stripes at once.
  SELECT sale_id, stripe FROM room_stripes WHERE sale_id = :sale_id AND NOT sealed ORDER BY stripe FOR NO KEY UPDATE
)
UPDATE room_stripes s SET sealed = true FROM locked l WHERE s.sale_id = l.sale_id AND s.stripe = l.stripe
RETURNING s.stripe, s.taken;

-- name: room_to_draw
-- why:  the secret is read under the lock of its row, so that the draw happens once
-- cost: rows 1, buffers 8
SELECT secret, beacon, entry_order FROM rooms WHERE sale_id = :sale_id AND phase = 'registering' FOR NO KEY UPDATE;

-- name: draw_room
-- why:  one write draws for everybody
-- cost: rows 0, buffers 10
UPDATE rooms
   SET phase = 'admitting', seed = :seed, cohort = :cohort, offsets = :offsets, tail = tail + :cohort,
       drawn_at = clock_timestamp(), tended_at = clock_timestamp()
 WHERE sale_id = :sale_id AND phase = 'registering';

-- name: stripe_counts
-- why:  how many registered in each stripe is part of what the seed was made of
-- cost: rows 12, buffers 14
SELECT taken FROM room_stripes WHERE sale_id = :sale_id ORDER BY stripe LIMIT 12;

-- name: tickets_of_room
-- why:  whoever checks a draw goes through all of its tickets, page by page
-- cost: rows 1000, buffers 1100
SELECT stripe, place FROM room_tickets
 WHERE sale_id = :sale_id AND stripe = :stripe AND place > :after
 ORDER BY place LIMIT 1000;
