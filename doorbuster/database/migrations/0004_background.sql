-- depends: 0003_orders
-- Work for later, mails, and the mirror of the operators' journal.

-- A row here commits with the change that asked for it; the job worker relays it afterwards. Nothing notifies.
CREATE TABLE outbox (
  id         bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
  kind       text        NOT NULL,
  payload    jsonb       NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE mails (
  id         uuid        CONSTRAINT mails_pkey PRIMARY KEY,
  effect_key text        NOT NULL,
  recipient  text        NOT NULL,
  subject    text        NOT NULL,
  text_body  text        NOT NULL,
  html_body  text        NOT NULL,
  state      text        NOT NULL DEFAULT 'queued',
  error      text,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at    timestamptz,
  CONSTRAINT mails_once_per_effect UNIQUE (effect_key),
  CONSTRAINT mails_state_known CHECK (state IN ('queued', 'sent', 'kept', 'failed'))
);

CREATE TABLE leases (
  name       text        CONSTRAINT leases_pkey PRIMARY KEY,
  holder     text        NOT NULL,
  epoch      bigint      NOT NULL DEFAULT 1,
  expires_at timestamptz NOT NULL
);

CREATE TABLE journal (
  id      uuid        CONSTRAINT journal_pkey PRIMARY KEY,
  at      timestamptz NOT NULL,
  actor   text        NOT NULL,
  role    text        NOT NULL,
  verb    text        NOT NULL,
  subject text        NOT NULL,
  detail  jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX journal_of_subject ON journal (subject, id DESC);
