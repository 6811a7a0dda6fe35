-- depends: 0601_network_shares
-- The waiting room of a sale: who may claim a unit, when; by a draw at the opening, then in the order of coming.

CREATE TABLE rooms (
  sale_id     uuid             CONSTRAINT rooms_pkey PRIMARY KEY CONSTRAINT rooms_sale_fkey REFERENCES sales,
  entry_order text             NOT NULL,
  phase       text             NOT NULL DEFAULT 'registering',
  paused      boolean          NOT NULL DEFAULT false,
  -- How many zero bits a browser has to find before it gets a ticket; 0 asks for nothing.
  work_bits   int              NOT NULL DEFAULT 0,
  -- The draw. The commitment is shown before, the secret after; `cohort` are those who registered before the opening.
  secret      bytea            NOT NULL,
  commitment  bytea            NOT NULL,
  beacon      text             NOT NULL DEFAULT '',
  seed        bytea,
  cohort      bigint           NOT NULL DEFAULT 0,
  offsets     bigint[]         NOT NULL DEFAULT '{}',
  drawn_at    timestamptz,
  -- Positions below `tail` are given, below `serving` called, below `lapsed` called so long ago that their window is over.
  tail        bigint           NOT NULL DEFAULT 0,
  serving     bigint           NOT NULL DEFAULT 0,
  lapsed      bigint           NOT NULL DEFAULT 0,
  -- Release: passes given so far never exceed the allowance; the rest is what the controller knows of the last second.
  rate_max    double precision,
  rate        double precision NOT NULL,
  pace        double precision NOT NULL DEFAULT 0,
  no_show     double precision NOT NULL DEFAULT 0,
  credit      double precision NOT NULL DEFAULT 0,
  allowance   double precision NOT NULL DEFAULT 0,
  admitted    bigint           NOT NULL DEFAULT 0,
  refused     bigint           NOT NULL DEFAULT 0,
  refused_old bigint           NOT NULL DEFAULT 0,
  tended_at   timestamptz      NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT rooms_order_known CHECK (entry_order IN ('lottery', 'first_come')),
  CONSTRAINT rooms_phase_known CHECK (phase IN ('registering', 'admitting', 'sold_out', 'closed')),
  CONSTRAINT rooms_committed CHECK (commitment = sha256(secret)),
  CONSTRAINT rooms_drawn_once CHECK ((seed IS NULL) = (drawn_at IS NULL)),
  CONSTRAINT rooms_called_in_order CHECK (0 <= lapsed AND lapsed <= serving AND serving <= tail AND cohort <= tail),
  CONSTRAINT rooms_within_allowance CHECK (admitted <= allowance),
  CONSTRAINT rooms_work_bearable CHECK (work_bits BETWEEN 0 AND 24),
  CONSTRAINT rooms_rate_positive CHECK (rate > 0 AND (rate_max IS NULL OR rate_max > 0))
) WITH (fillfactor = 50);

-- Every worker tells the rooms that let people in what it refused, and looks at no other.
CREATE INDEX rooms_admitting ON rooms (sale_id) WHERE phase = 'admitting';

-- Registering counts in one of ten rows, so that nobody waits for everybody; the draw seals them.
CREATE TABLE room_stripes (
  sale_id uuid     NOT NULL,
  stripe  smallint NOT NULL,
  taken   bigint   NOT NULL DEFAULT 0,
  sealed  boolean  NOT NULL DEFAULT false,
  CONSTRAINT room_stripes_pkey PRIMARY KEY (sale_id, stripe)
) WITH (fillfactor = 50);

-- One ticket for each customer. `place` counts in its stripe; without a stripe it is the position itself.
CREATE TABLE room_tickets (
  sale_id      uuid        NOT NULL,
  customer_key text        NOT NULL,
  stripe       smallint,
  place        bigint      NOT NULL,
  issued_at    timestamptz NOT NULL,
  position     bigint,
  asked_at     timestamptz,
  passes       int         NOT NULL DEFAULT 0,
  graced       boolean     NOT NULL DEFAULT false,
  pass_until   timestamptz,
  CONSTRAINT room_tickets_one_each PRIMARY KEY (sale_id, customer_key),
  CONSTRAINT room_tickets_place_once UNIQUE NULLS NOT DISTINCT (sale_id, stripe, place),
  CONSTRAINT room_tickets_two_passes CHECK (passes BETWEEN 0 AND 2)
) WITH (fillfactor = 80);
CREATE INDEX room_tickets_admitted ON room_tickets (sale_id, position) WHERE passes > 0;
CREATE INDEX room_tickets_with_pass ON room_tickets (sale_id, pass_until) WHERE pass_until IS NOT NULL;

-- One letter for each mailbox, for who cannot do the sum; it lets in whoever uses it first.
CREATE TABLE room_letters (
  sale_id      uuid NOT NULL,
  mailbox      text NOT NULL,
  customer_key text,
  CONSTRAINT room_letters_one_each PRIMARY KEY (sale_id, mailbox)
);

-- When which positions were called; a turn lasts for a while from then on.
CREATE TABLE room_calls (
  sale_id   uuid        NOT NULL,
  serving   bigint      NOT NULL,
  called_at timestamptz NOT NULL,
  CONSTRAINT room_calls_pkey PRIMARY KEY (sale_id, serving)
);
