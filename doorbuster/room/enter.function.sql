-- Gives a ticket to each of many customers in one round trip; who has one keeps it.
--
-- Rows are locked in one order: stripes, rooms, tickets. A stripe that the draw has sealed meanwhile gives no number, and
-- the next statement sees the room as drawn: whoever came too late for the draw comes after it. Numbers are taken in the
-- transaction that writes the tickets, so none is lost; of two transactions with the same customer the second fails at
-- room_tickets_one_each, gives its numbers back, and finds the ticket when it is run again.
CREATE OR REPLACE FUNCTION enter_room(p_sale uuid, p_customers text[], p_stripe smallint)
RETURNS TABLE (customer_key text, stripe smallint, place bigint, issued_at timestamptz)
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
  v_room   record;
  v_new    text[];
  v_first  bigint;
  v_stripe smallint;
BEGIN
  -- name: enter_who_is_new
  -- why:  a customer has one ticket for a sale, however often they ask
  -- cost: rows 1, buffers 900
  SELECT array_agg(w.customer ORDER BY w.n) INTO v_new
    FROM unnest(p_customers) WITH ORDINALITY AS w(customer, n)
   WHERE NOT EXISTS (SELECT 1 FROM room_tickets t WHERE t.sale_id = p_sale AND t.customer_key = w.customer);

  IF v_new IS NOT NULL THEN
    -- name: enter_look_at_room
    -- why:  before the opening a lottery registers, everything else gives positions
    -- cost: rows 1, buffers 10
    SELECT r.phase, r.entry_order INTO v_room FROM rooms r WHERE r.sale_id = p_sale;

    IF v_room.phase = 'registering' AND v_room.entry_order = 'lottery' THEN
      -- name: enter_register
      -- why:  numbers of one stripe, for the draw
      -- cost: rows 1, buffers 16
      UPDATE room_stripes s SET taken = s.taken + cardinality(v_new)
       WHERE s.sale_id = p_sale AND s.stripe = p_stripe AND NOT s.sealed
      RETURNING s.taken - cardinality(v_new), s.stripe INTO v_first, v_stripe;
    END IF;
    IF v_first IS NULL THEN
      -- name: enter_at_the_end
      -- why:  whoever comes after the draw, or to a room without one, comes last
      -- cost: rows 1, buffers 16
      UPDATE rooms r SET tail = r.tail + cardinality(v_new)
       WHERE r.sale_id = p_sale AND (r.phase = 'admitting' OR (r.phase = 'registering' AND r.entry_order = 'first_come'))
      RETURNING r.tail - cardinality(v_new) INTO v_first;
    END IF;
    IF v_first IS NOT NULL THEN
      -- name: enter_write_tickets
      -- why:  a number that was given is written down with it
      -- cost: rows 128, buffers 1600
      INSERT INTO room_tickets (sale_id, customer_key, stripe, place, issued_at)
      SELECT p_sale, w.customer, v_stripe, v_first + w.n - 1, clock_timestamp()
        FROM unnest(v_new) WITH ORDINALITY AS w(customer, n);
    END IF;
  END IF;

  RETURN QUERY
  SELECT t.customer_key, t.stripe, t.place, t.issued_at
    FROM room_tickets t WHERE t.sale_id = p_sale AND t.customer_key = ANY (p_customers);
END
$$;
