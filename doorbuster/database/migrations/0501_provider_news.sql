-- depends: 0500_payment_life
-- What the payment provider does by itself: refunds made at its dashboard, refunds that a bank sends back, disputes.

INSERT INTO state_moves (noun, from_state, to_state, why) VALUES
  ('refunds',  'done',     'failed',     'the bank sent the money back to the gateway; an operator decides'),
  ('payments', 'refunded', 'refund_due', 'a refund came back, so that money is owed again');

-- One row for each refund of the gateway's, whoever asked for it.
CREATE UNIQUE INDEX refunds_one_per_gateway_ref ON refunds (gateway_ref) WHERE gateway_ref IS NOT NULL;

ALTER TABLE discrepancies DROP CONSTRAINT discrepancies_kind_known;
ALTER TABLE discrepancies ADD CONSTRAINT discrepancies_kind_known CHECK (kind IN
  ('charged_not_booked', 'charged_for_nobody', 'charged_another_amount', 'booked_not_charged',
   'refunded_elsewhere', 'refunded_too_much', 'refund_returned', 'disputed', 'dispute_lost'));
ALTER TABLE discrepancies ADD COLUMN closed_by text;
ALTER TABLE discrepancies ADD COLUMN close_reason text;
ALTER TABLE discrepancies ADD CONSTRAINT discrepancies_closed_by_somebody CHECK (
  closed_by IS NULL OR (closed_at IS NOT NULL AND close_reason IS NOT NULL));
