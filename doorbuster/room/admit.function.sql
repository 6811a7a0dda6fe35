-- Turns tickets into passes for many customers in one round trip: those whose turn it is, as far as the allowance reaches.
--
-- Under the lock of the room's row, so that never more are admitted than the allowance says, and evenly: who comes late
-- makes up for a tenth of a second at most (or for one pass), so that in any ten seconds it is at most one per cent (or
-- one) more than the rate says. That is GCRA, as in guard/gcra.py.
-- Who asks in time and has to wait a moment keeps the turn (asked_at); who comes too late, or comes back after a pass, is
-- let in once more.
CREATE OR REPLACE FUNCTION admit_to_sale(
  p_sale uuid, p_customers text[], p_positions bigint[], p_turn_seconds double precision, p_pass_seconds double precision
) RETURNS TABLE (customer_key text, answer text, pass_until timestamptz)
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
  v_room   rooms%ROWTYPE;
  v_now    timestamptz;
  v_until  timestamptz;
  v_row    record;
  v_answer text;
  v_passed bigint := 0;
  v_period interval;
  v_next   timestamptz;
BEGIN
  -- name: admit_lock_room
  -- why:  whoever holds the room's row decides who is admitted
  -- cost: rows 1, buffers 10
  SELECT r.* INTO v_room FROM rooms r WHERE r.sale_id = p_sale FOR NO KEY UPDATE;
  v_now := clock_timestamp();
  v_until := v_now + make_interval(secs => p_pass_seconds);
  v_period := make_interval(secs => 1 / v_room.rate);
  v_next := greatest(v_room.next_pass_at, v_now - v_period * (0.99 * greatest(1, floor(v_room.rate / 10))));

  -- name: admit_callers
  -- why:  when each was called, and what they had already
  -- cost: rows 128, buffers 1600
  FOR v_row IN
    SELECT w.customer, w.position, t.passes, t.graced, t.pass_until,
           greatest(t.asked_at, c.called_at) + make_interval(secs => p_turn_seconds) >= v_now AND t.passes = 0 AS in_time
      FROM unnest(p_customers, p_positions) WITH ORDINALITY AS w(customer, position, n)
      LEFT JOIN room_tickets t ON t.sale_id = p_sale AND t.customer_key = w.customer
      LEFT JOIN LATERAL (
        SELECT c.called_at FROM room_calls c WHERE c.sale_id = p_sale AND c.serving > w.position ORDER BY c.serving LIMIT 1
      ) c ON true
     ORDER BY w.n
  LOOP
    v_answer := CASE
      WHEN v_room.phase IS NULL OR v_room.phase = 'closed' THEN 'NoRoom'
      WHEN v_row.passes IS NULL THEN 'NoTicket'
      WHEN v_row.pass_until > v_now THEN 'Passed'
      WHEN v_room.phase = 'sold_out' THEN 'SoldOut'
      WHEN v_row.position IS NULL OR v_row.position >= v_room.serving THEN 'NotYet'
      WHEN NOT v_row.in_time AND v_row.graced THEN 'Lapsed'
      WHEN v_room.paused THEN 'Paused'
      WHEN v_room.admitted + v_passed + 1 > v_room.allowance THEN 'OneMoment'
      WHEN v_next > v_now THEN 'OneMoment'
      ELSE 'New'
    END;
    IF v_answer = 'New' THEN
      v_answer := 'Passed';
      v_row.pass_until := v_until;
      v_passed := v_passed + 1;
      v_next := v_next + v_period;
      -- name: admit_write_pass
      -- why:  a pass given is durable before it is told
      -- cost: rows 1, buffers 40
      UPDATE room_tickets t
         SET passes = t.passes + 1, graced = t.graced OR NOT v_row.in_time, position = v_row.position, pass_until = v_until
       WHERE t.sale_id = p_sale AND t.customer_key = v_row.customer;
    ELSIF v_answer IN ('OneMoment', 'Paused') AND v_row.in_time THEN
      -- name: admit_keep_turn
      -- why:  nobody loses a turn by having to wait for us
      -- cost: rows 1, buffers 16
      UPDATE room_tickets t SET asked_at = v_now WHERE t.sale_id = p_sale AND t.customer_key = v_row.customer;
    END IF;
    RETURN QUERY SELECT v_row.customer, v_answer, v_row.pass_until;
  END LOOP;

  -- name: admit_count
  -- why:  what was admitted counts against the allowance, and moves on when the next may be
  -- cost: rows 1, buffers 16
  UPDATE rooms r SET admitted = r.admitted + v_passed, next_pass_at = v_next WHERE r.sale_id = p_sale AND v_passed > 0;
END
$$;
