-- Gives a ticket to each of many customers in one round trip; who has one keeps it.
--
-- Of a room's tickets one network may fairly have one in twenty (fifty in a small crowd). What it takes beyond that is not refused: a
-- carrier's customers are people, too. In a draw such tickets are in a later band: one for up to four times the fair number,
-- one for the rest. Outside of a draw, where the order is that of coming, they cost a sum, the dearer the later the band
-- would be (p_paid says which band each has paid for); who has not paid gets no ticket, but the band. Callers whose
-- network is not known (NULL) are in the first band.
--
-- Rows are locked in one order: networks, stripes, rooms, tickets. A stripe that the draw has sealed meanwhile gives no
-- number, and the next statement sees the room as drawn: whoever came too late for the draw comes after it. Numbers are
-- taken in the transaction that writes the tickets, so none is lost; of two transactions with the same customer the
-- second fails at room_tickets_one_each, gives its numbers back, and finds the ticket when it is run again.
DROP FUNCTION IF EXISTS enter_room(uuid, text[], smallint);
CREATE OR REPLACE FUNCTION enter_room(
  p_sale uuid, p_customers text[], p_networks text[], p_paid smallint[], p_stripe smallint
) RETURNS TABLE (customer_key text, stripe smallint, place bigint, issued_at timestamptz, band smallint)
LANGUAGE plpgsql
-- One plan, by index, for ever: see claim.function.sql.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  v_room     record;
  v_new      text[];
  v_networks text[];
  v_paid     smallint[];
  v_bands    smallint[];
  v_band     smallint;
  v_these    text[];
  v_draws    boolean;
  v_fair     bigint;
  v_first    bigint;
  v_stripe   smallint;
BEGIN
  -- name: enter_who_is_new
  -- why:  a customer has one ticket for a sale, however often they ask
  -- cost: rows 1, buffers 900
  SELECT array_agg(w.customer ORDER BY w.n), array_agg(w.network ORDER BY w.n), array_agg(w.paid ORDER BY w.n)
    INTO v_new, v_networks, v_paid
    FROM unnest(p_customers, p_networks, p_paid) WITH ORDINALITY AS w(customer, network, paid, n)
   WHERE NOT EXISTS (SELECT 1 FROM room_tickets t WHERE t.sale_id = p_sale AND t.customer_key = w.customer);

  IF v_new IS NOT NULL THEN
    -- name: enter_look_at_room
    -- why:  before the opening a lottery registers, everything else gives positions; and how many tickets there are
    -- cost: rows 1, buffers 30
    SELECT r.phase, r.entry_order, r.tail,
           (SELECT sum(s.taken) FROM room_stripes s WHERE s.sale_id = r.sale_id AND s.stripe < 10) AS registered
      INTO v_room FROM rooms r WHERE r.sale_id = p_sale;
    v_draws := v_room.phase = 'registering' AND v_room.entry_order = 'lottery';
    v_fair := greatest(50, CASE WHEN v_draws THEN v_room.registered ELSE v_room.tail END / 20);

    -- name: enter_count_networks
    -- why:  how many tickets a network has says in which band the next one is; counted under lock
    -- cost: rows 128, buffers 3000
    WITH counted AS (
      INSERT INTO room_networks AS k (sale_id, network, tickets)
      SELECT p_sale, w.network, count(*) FROM unnest(v_networks) AS w(network)
       WHERE w.network IS NOT NULL GROUP BY w.network ORDER BY w.network
      ON CONFLICT (sale_id, network) DO UPDATE SET tickets = k.tickets + EXCLUDED.tickets
      RETURNING k.network, k.tickets
    ), numbered AS (
      SELECT w.n, c.tickets + 1 - row_number() OVER (PARTITION BY w.network ORDER BY w.n DESC) AS number
        FROM unnest(v_networks) WITH ORDINALITY AS w(network, n) LEFT JOIN counted c ON c.network = w.network
    )
    SELECT array_agg(CASE WHEN i.number IS NULL OR i.number <= v_fair THEN 0 WHEN i.number <= 4 * v_fair THEN 1
                          ELSE 2 END ORDER BY i.n)
      INTO v_bands FROM numbered i;

    IF v_draws THEN
      FOR v_band IN SELECT DISTINCT b FROM unnest(v_bands) AS b ORDER BY b LOOP
        -- name: enter_these
        -- why:  a batch seldom has tickets of more than one band
        -- cost: rows 1, buffers 5
        SELECT array_agg(w.customer ORDER BY w.n) INTO v_these
          FROM unnest(v_new, v_bands) WITH ORDINALITY AS w(customer, band, n) WHERE w.band = v_band;
        -- name: enter_register
        -- why:  numbers of one stripe, for the draw
        -- cost: rows 1, buffers 16
        UPDATE room_stripes s SET taken = s.taken + cardinality(v_these)
         WHERE s.sale_id = p_sale AND s.stripe = CASE WHEN v_band = 0 THEN p_stripe ELSE 9 + v_band END AND NOT s.sealed
        RETURNING s.taken - cardinality(v_these), s.stripe INTO v_first, v_stripe;
        -- The draw seals all stripes or none, and the lowest first: when one gives no number, none has.
        EXIT WHEN v_first IS NULL;
        -- name: enter_write_registered
        -- why:  a number that was given is written down with it
        -- cost: rows 128, buffers 1600
        INSERT INTO room_tickets (sale_id, customer_key, stripe, place, issued_at)
        SELECT p_sale, w.customer, v_stripe, v_first + w.n - 1, clock_timestamp()
          FROM unnest(v_these) WITH ORDINALITY AS w(customer, n);
      END LOOP;
    END IF;

    IF v_first IS NULL THEN
      -- name: enter_who_has_paid
      -- why:  where the order is that of coming, only a sum keeps one network from the whole line
      -- cost: rows 1, buffers 5
      SELECT array_agg(w.customer ORDER BY w.n) INTO v_these
        FROM unnest(v_new, v_bands, v_paid) WITH ORDINALITY AS w(customer, band, paid, n) WHERE w.band <= w.paid;
      -- name: enter_at_the_end
      -- why:  whoever comes after the draw, or to a room without one, comes last
      -- cost: rows 1, buffers 16
      UPDATE rooms r SET tail = r.tail + cardinality(v_these)
       WHERE r.sale_id = p_sale AND (r.phase = 'admitting' OR (r.phase = 'registering' AND r.entry_order = 'first_come'))
         AND v_these IS NOT NULL
      RETURNING r.tail - cardinality(v_these) INTO v_first;
      IF v_first IS NULL THEN
        v_these := '{}';
      END IF;
      -- name: enter_write_tickets
      -- why:  a place that was given is written down with it
      -- cost: rows 128, buffers 1600
      INSERT INTO room_tickets (sale_id, customer_key, place, issued_at)
      SELECT p_sale, w.customer, v_first + w.n - 1, clock_timestamp()
        FROM unnest(v_these) WITH ORDINALITY AS w(customer, n);
      IF cardinality(v_these) < cardinality(v_new) THEN
        -- name: enter_uncount_networks
        -- why:  who has got no ticket does not count; these rows are locked since they were counted
        -- cost: rows 0, buffers 3000
        UPDATE room_networks k SET tickets = k.tickets - u.tickets
          FROM (SELECT w.network, count(*) AS tickets FROM unnest(v_new, v_networks) AS w(customer, network)
                 WHERE w.network IS NOT NULL AND w.customer <> ALL (v_these) GROUP BY w.network) u
         WHERE k.sale_id = p_sale AND k.network = u.network;
        -- Whom a sum would help are told so; a room that is closed gives no ticket for that, either.
        IF v_room.phase IN ('registering', 'admitting') THEN
          RETURN QUERY
          SELECT w.customer, NULL::smallint, NULL::bigint, NULL::timestamptz, w.band
            FROM unnest(v_new, v_bands, v_paid) AS w(customer, band, paid) WHERE w.band > w.paid;
        END IF;
      END IF;
    END IF;
  END IF;

  RETURN QUERY
  SELECT t.customer_key, t.stripe, t.place, t.issued_at, 0::smallint
    FROM room_tickets t WHERE t.sale_id = p_sale AND t.customer_key = ANY (p_customers);
END
$$;
