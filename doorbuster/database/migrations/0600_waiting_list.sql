-- depends: 0700_parked_jobs
-- The line for units that others hold: whoever waits is offered what comes back, in order, before any newcomer.

-- How many wait; while it is not zero, claims leave what comes back to the line.
ALTER TABLE stock_pools ADD COLUMN waiting bigint NOT NULL DEFAULT 0;
ALTER TABLE stock_pools ADD CONSTRAINT stock_pools_waiting_not_negative CHECK (waiting >= 0);
CREATE INDEX stock_pools_with_line ON stock_pools (id) WHERE waiting > 0;

-- How long a unit that was offered to somebody in the line is theirs.
ALTER TABLE sales ADD COLUMN offer_seconds int NOT NULL DEFAULT 600;
ALTER TABLE sales ADD CONSTRAINT sales_offer_time_sensible CHECK (offer_seconds BETWEEN 30 AND 86400);

-- One row for each place in a line. An offer is a hold made for the one who waits, so all that is true of holds is true of it.
CREATE TABLE waiting_list (
  id              uuid        CONSTRAINT waiting_list_pkey PRIMARY KEY,
  place           bigint      GENERATED ALWAYS AS IDENTITY,
  sale_id         uuid        NOT NULL,
  pool_id         uuid        NOT NULL,
  customer_key    text        NOT NULL,
  idempotency_key text        NOT NULL,
  quantity        int         NOT NULL,
  email           text,
  secret          text        NOT NULL,
  state           text        NOT NULL DEFAULT 'waiting',
  hold_id         uuid,
  joined_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  offered_at      timestamptz,
  ended_at        timestamptz,
  CONSTRAINT waiting_list_one_effect_per_key UNIQUE (sale_id, customer_key, idempotency_key),
  CONSTRAINT waiting_list_quantity_positive CHECK (quantity > 0),
  CONSTRAINT waiting_list_state_known CHECK (state IN ('waiting', 'offered', 'taken', 'lapsed', 'left', 'closed')),
  CONSTRAINT waiting_list_offered_with_hold CHECK ((hold_id IS NOT NULL) = (state IN ('offered', 'taken', 'lapsed')))
);
CREATE UNIQUE INDEX waiting_list_one_place_each ON waiting_list (pool_id, customer_key) WHERE state IN ('waiting', 'offered');
CREATE INDEX waiting_list_in_line ON waiting_list (pool_id, place) WHERE state = 'waiting';
CREATE UNIQUE INDEX waiting_list_offered ON waiting_list (hold_id) WHERE state = 'offered';

-- Who wants a mail when a sale opens.
CREATE TABLE sale_notices (
  id        uuid        CONSTRAINT sale_notices_pkey PRIMARY KEY,
  sale_id   uuid        NOT NULL CONSTRAINT sale_notices_sale_fkey REFERENCES sales,
  email     text        NOT NULL,
  email_key text        NOT NULL,
  secret    text        NOT NULL,
  state     text        NOT NULL DEFAULT 'asked',
  asked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT sale_notices_once_each UNIQUE (sale_id, email_key),
  CONSTRAINT sale_notices_state_known CHECK (state IN ('asked', 'sent', 'stopped'))
);
CREATE INDEX sale_notices_to_send ON sale_notices (sale_id, id) WHERE state = 'asked';

-- Who never wants such a mail again.
CREATE TABLE mail_stops (
  email_key  text        CONSTRAINT mail_stops_pkey PRIMARY KEY,
  stopped_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
