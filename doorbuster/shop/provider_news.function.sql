-- Books refunds that the provider tells of. Lock order: orders, payments; refunds are read and written under their payment.

-- Locks an order's row and those of its payments, for whoever changes what was given back.
CREATE OR REPLACE FUNCTION lock_money_of(p_order uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM orders WHERE id = p_order FOR NO KEY UPDATE;
  PERFORM 1 FROM payments WHERE order_id = p_order ORDER BY id FOR NO KEY UPDATE;
END
$$;

-- The news of a failed refund may overtake those of its making, so a failed one is remembered by its name.
CREATE OR REPLACE FUNCTION failed_refund_mark(p_news jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'refund_failed:' || (p_news ->> 'reference')
$$;

-- Puts a refund of the provider's into the books: 'known', 'booked' (it was not asked for here), 'too_much' or 'unknown'.
CREATE OR REPLACE FUNCTION book_refund(p_news jsonb) RETURNS TABLE (answer text, payment_id uuid) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_amount  bigint := (p_news ->> 'amount')::bigint;
  v_ref     text := p_news ->> 'reference';
  v_payment payments;
  v_refund  uuid;
  v_left    bigint;
BEGIN
  SELECT p.* INTO v_payment FROM payments p
   WHERE p.gateway = p_news ->> 'gateway' AND p.gateway_ref = p_news ->> 'gateway_ref';
  IF v_payment.id IS NULL THEN
    RETURN QUERY SELECT 'unknown', NULL::uuid;
    RETURN;
  END IF;
  PERFORM lock_money_of(v_payment.order_id);
  SELECT p.* INTO v_payment FROM payments p WHERE p.id = v_payment.id;
  IF EXISTS (SELECT 1 FROM refunds WHERE gateway_ref = v_ref)
     OR EXISTS (SELECT 1 FROM payment_callbacks WHERE gateway = v_payment.gateway AND event_id = failed_refund_mark(p_news))
     OR EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = v_payment.id AND r.id = (p_news ->> 'refund_id')::uuid) THEN
    PERFORM complete_refund((p_news ->> 'refund_id')::uuid, v_ref);
    RETURN QUERY SELECT 'known', v_payment.id;
    RETURN;
  END IF;
  -- One that failed from here and was then given back by hand is the same debt.
  SELECT r.id INTO v_refund FROM refunds r
   WHERE r.payment_id = v_payment.id AND r.state = 'failed' AND r.amount = v_amount ORDER BY r.id LIMIT 1;
  IF v_refund IS NOT NULL THEN
    UPDATE refunds SET state = 'due', failure = NULL WHERE id = v_refund;
  ELSE
    v_left := v_payment.amount - (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.payment_id = v_payment.id);
    IF v_payment.state <> 'captured' OR v_amount > v_left OR p_news ->> 'currency' <> v_payment.currency THEN
      RETURN QUERY SELECT 'too_much', v_payment.id;
      RETURN;
    END IF;
    v_refund := new_id();
    INSERT INTO refunds (id, payment_id, amount, reason) VALUES (v_refund, v_payment.id, v_amount, 'given back at the provider');
    IF v_amount = v_left THEN
      UPDATE payments SET state = 'refund_due' WHERE id = v_payment.id;
    END IF;
  END IF;
  PERFORM complete_refund(v_refund, v_ref);
  RETURN QUERY SELECT 'booked', v_payment.id;
END
$$;

-- Takes a refund that came back out of what was given back; returns its order's number, or null when that was known.
CREATE OR REPLACE FUNCTION unbook_refund(p_news jsonb, p_failure text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  v_ref     text := p_news ->> 'reference';
  v_order   uuid;
  v_refund  refunds;
BEGIN
  SELECT p.order_id INTO v_order FROM payments p
   WHERE p.gateway = p_news ->> 'gateway' AND p.gateway_ref = p_news ->> 'gateway_ref';
  IF v_order IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM lock_money_of(v_order);
  INSERT INTO payment_callbacks (gateway, event_id) VALUES (p_news ->> 'gateway', failed_refund_mark(p_news))
  ON CONFLICT DO NOTHING;
  SELECT r.* INTO v_refund FROM refunds r
   WHERE r.gateway_ref = v_ref OR (r.id = (p_news ->> 'refund_id')::uuid AND r.gateway_ref IS NULL AND r.state = 'due');
  IF v_refund.id IS NULL OR v_refund.state = 'failed' THEN
    RETURN NULL;
  END IF;
  UPDATE refunds SET state = 'failed', failure = p_failure, gateway_ref = v_ref, done_at = NULL WHERE id = v_refund.id;
  IF v_refund.state = 'done' THEN
    UPDATE payments
       SET refunded_amount = refunded_amount - v_refund.amount,
           state = CASE state WHEN 'refunded' THEN 'refund_due' ELSE state END
     WHERE id = v_refund.payment_id;
  END IF;
  RETURN (SELECT number FROM orders WHERE id = v_order);
END
$$;
