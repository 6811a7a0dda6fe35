-- depends: 0400_refunds_and_queue
-- What may become of an order, a payment and a refund is written down once, here, and nothing else can happen to them.

CREATE TABLE state_moves (
  noun       text NOT NULL,
  from_state text NOT NULL,
  to_state   text NOT NULL,
  why        text NOT NULL,
  CONSTRAINT state_moves_pkey PRIMARY KEY (noun, from_state, to_state)
);
INSERT INTO state_moves (noun, from_state, to_state, why) VALUES
  ('payments', 'pending',    'captured',   'the gateway says that it has the money, and a unit is there for it'),
  ('payments', 'pending',    'failed',     'the card was declined; another attempt may follow'),
  ('payments', 'pending',    'cancelled',  'the page was left or closed; the gateway takes no money for it any more'),
  ('payments', 'pending',    'refund_due', 'the money came when the last unit was gone'),
  ('payments', 'failed',     'captured',   'another card succeeded on the same page'),
  ('payments', 'failed',     'refund_due', 'another card succeeded, too late'),
  ('payments', 'cancelled',  'captured',   'the money was on its way when the page was closed, and a unit is still there'),
  ('payments', 'cancelled',  'refund_due', 'the money was on its way when the page was closed, and the unit is gone'),
  ('payments', 'captured',   'refund_due', 'all that is left of it is to go back'),
  ('payments', 'refund_due', 'refunded',   'the gateway gave all of it back'),
  ('orders',   'awaiting_payment', 'paid',      'its payment is captured'),
  ('orders',   'awaiting_payment', 'cancelled', 'nobody paid in time, or the shopper changed their mind'),
  ('orders',   'paid',             'fulfilled', 'the parcel left'),
  ('orders',   'paid',             'cancelled', 'it is cancelled before it was sent; the money goes back'),
  ('orders',   'paid',             'refunded',  'all of its money went back'),
  ('orders',   'fulfilled',        'refunded',  'all of its money went back after it was sent'),
  ('orders',   'cancelled',        'refunded',  'the money of a cancelled order is back'),
  ('refunds',  'due',    'done',   'the gateway gave the money back'),
  ('refunds',  'due',    'failed', 'the gateway refused; an operator decides'),
  ('refunds',  'failed', 'due',    'an operator has it tried again');

ALTER TABLE refunds DROP CONSTRAINT refunds_state_known;
ALTER TABLE refunds ADD CONSTRAINT refunds_state_known CHECK (state IN ('due', 'done', 'failed'));
ALTER TABLE refunds ADD COLUMN failure text;
-- How often it was tried again after the gateway refused; with the refund's id it is the key towards the gateway.
ALTER TABLE refunds ADD COLUMN retries int NOT NULL DEFAULT 0;
CREATE INDEX refunds_unfinished ON refunds (created_at) WHERE state <> 'done';

CREATE FUNCTION require_written_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM state_moves WHERE noun = TG_TABLE_NAME AND from_state = OLD.state AND to_state = NEW.state)
  THEN
    RAISE EXCEPTION '% cannot go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER payments_move_as_written BEFORE UPDATE OF state ON payments
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION require_written_move();
CREATE TRIGGER orders_move_as_written BEFORE UPDATE OF state ON orders
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION require_written_move();
CREATE TRIGGER refunds_move_as_written BEFORE UPDATE OF state ON refunds
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION require_written_move();

-- Until when the gateway's events were compared with the books.
CREATE TABLE reconciliations (
  gateway        text        CONSTRAINT reconciliations_pkey PRIMARY KEY,
  reconciled_to  timestamptz NOT NULL,
  ran_at         timestamptz NOT NULL,
  events         bigint      NOT NULL DEFAULT 0,
  mended         bigint      NOT NULL DEFAULT 0
);
CREATE INDEX payments_by_capture ON payments (captured_at) WHERE captured_at IS NOT NULL;

-- Where the gateway and the books disagreed. What could be mended was; the rest waits for an operator.
CREATE TABLE discrepancies (
  id         uuid        CONSTRAINT discrepancies_pkey PRIMARY KEY,
  gateway    text        NOT NULL,
  kind       text        NOT NULL,
  reference  text        NOT NULL,
  payment_id uuid,
  detail     text        NOT NULL,
  found_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  closed_at  timestamptz,
  CONSTRAINT discrepancies_found_once UNIQUE (gateway, kind, reference),
  CONSTRAINT discrepancies_kind_known CHECK (kind IN
    ('charged_not_booked', 'charged_for_nobody', 'charged_another_amount', 'booked_not_charged'))
);
CREATE INDEX discrepancies_newest ON discrepancies (id DESC);
CREATE INDEX discrepancies_open ON discrepancies (found_at) WHERE closed_at IS NULL;
