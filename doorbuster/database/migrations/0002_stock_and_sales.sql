-- depends: 0001_catalogue
-- Stock pools, sales, holds and the ledger. The one promise lives in stock_pools_never_oversold.

CREATE TABLE locations (
  id   uuid CONSTRAINT locations_pkey PRIMARY KEY,
  name text NOT NULL CONSTRAINT locations_name_unique UNIQUE
);
INSERT INTO locations (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'Main warehouse');

CREATE TABLE sales (
  id                    uuid        CONSTRAINT sales_pkey PRIMARY KEY,
  handle                text        NOT NULL,
  title                 text        NOT NULL,
  description           text        NOT NULL DEFAULT '',
  opens_at              timestamptz NOT NULL,
  closes_at             timestamptz NOT NULL,
  hold_seconds          int         NOT NULL DEFAULT 300,
  limit_per_customer    int         NOT NULL DEFAULT 1,
  currency              text        NOT NULL,
  paused_at             timestamptz,
  ended_at              timestamptz,
  leftovers_returned_at timestamptz,
  created_at            timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT sales_handle_unique UNIQUE (handle),
  CONSTRAINT sales_handle_is_a_slug CHECK (handle ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(handle) <= 120),
  CONSTRAINT sales_close_after_opening CHECK (closes_at > opens_at),
  CONSTRAINT sales_hold_time_sensible CHECK (hold_seconds BETWEEN 5 AND 86400),
  CONSTRAINT sales_limit_positive CHECK (limit_per_customer BETWEEN 1 AND 10000),
  CONSTRAINT sales_currency_iso CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT sales_leftovers_after_end CHECK (leftovers_returned_at IS NULL OR ended_at IS NOT NULL)
);
CREATE INDEX sales_by_opening ON sales (opens_at DESC);
CREATE INDEX sales_unfinished ON sales (closes_at) WHERE leftovers_returned_at IS NULL;

-- Units of one variant at one place, either the shop's own (sale_id is null) or allocated to one sale.
-- `reopens_at`: when a unit comes back to a pool that had none left, it is 'infinity' until that is committed and
-- announced, and then an instant a little later (see sale/memory.py): nobody claims before it, so no worker still
-- believes from memory that the pool is exhausted when the unit finds its next owner.
CREATE TABLE stock_pools (
  id          uuid        CONSTRAINT stock_pools_pkey PRIMARY KEY,
  variant_id  uuid        NOT NULL CONSTRAINT stock_pools_variant_fkey REFERENCES variants,
  location_id uuid        NOT NULL CONSTRAINT stock_pools_location_fkey REFERENCES locations,
  sale_id     uuid        CONSTRAINT stock_pools_sale_fkey REFERENCES sales,
  on_hand     bigint      NOT NULL DEFAULT 0,
  held        bigint      NOT NULL DEFAULT 0,
  sold        bigint      NOT NULL DEFAULT 0,
  version     bigint      NOT NULL DEFAULT 0,
  reopens_at  timestamptz NOT NULL DEFAULT '-infinity',
  CONSTRAINT stock_pools_one_per_place UNIQUE NULLS NOT DISTINCT (variant_id, location_id, sale_id),
  CONSTRAINT stock_pools_never_oversold CHECK (held + sold <= on_hand),
  CONSTRAINT stock_pools_not_negative CHECK (held >= 0 AND sold >= 0)
) WITH (fillfactor = 50);
CREATE INDEX stock_pools_by_sale ON stock_pools (sale_id) WHERE sale_id IS NOT NULL;
CREATE INDEX stock_pools_to_reopen ON stock_pools (id) WHERE reopens_at = 'infinity';

CREATE FUNCTION stock_pools_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  IF OLD.sale_id IS NOT NULL AND OLD.on_hand = OLD.held + OLD.sold AND NEW.on_hand > NEW.held + NEW.sold THEN
    NEW.reopens_at := 'infinity';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER stock_pools_changed BEFORE UPDATE ON stock_pools
  FOR EACH ROW EXECUTE FUNCTION stock_pools_changed();

CREATE TABLE sale_items (
  sale_id    uuid   NOT NULL CONSTRAINT sale_items_sale_fkey REFERENCES sales,
  variant_id uuid   NOT NULL CONSTRAINT sale_items_variant_fkey REFERENCES variants,
  pool_id    uuid   NOT NULL CONSTRAINT sale_items_pool_fkey REFERENCES stock_pools,
  position   int    NOT NULL DEFAULT 1,
  price      bigint NOT NULL,
  units      bigint NOT NULL,
  CONSTRAINT sale_items_pkey PRIMARY KEY (sale_id, variant_id),
  CONSTRAINT sale_items_pool_unique UNIQUE (pool_id),
  CONSTRAINT sale_items_price_not_negative CHECK (price >= 0),
  CONSTRAINT sale_items_units_positive CHECK (units >= 0)
);

-- One row per claim. `customer_key` is who claims ("s:" session, "a:" account); with the key it is one effect for ever.
CREATE TABLE holds (
  id              uuid        CONSTRAINT holds_pkey PRIMARY KEY,
  sale_id         uuid,
  pool_id         uuid        NOT NULL,
  variant_id      uuid        NOT NULL,
  customer_key    text        NOT NULL,
  idempotency_key text        NOT NULL,
  quantity        int         NOT NULL,
  unit_price      bigint      NOT NULL,
  currency        text        NOT NULL,
  state           text        NOT NULL DEFAULT 'held',
  email_key       text,
  created_at      timestamptz NOT NULL,
  expires_at      timestamptz NOT NULL,
  CONSTRAINT holds_one_effect_per_key UNIQUE NULLS NOT DISTINCT (sale_id, customer_key, idempotency_key),
  CONSTRAINT holds_quantity_positive CHECK (quantity > 0),
  CONSTRAINT holds_price_not_negative CHECK (unit_price >= 0),
  CONSTRAINT holds_state_known CHECK (state IN ('held', 'paying', 'sold', 'released', 'expired'))
) WITH (fillfactor = 80);
CREATE INDEX holds_to_expire ON holds (expires_at) WHERE state IN ('held', 'paying');
CREATE INDEX holds_of_pool ON holds (pool_id, id);

-- The limit per customer, the same for a session, an account and a normalised e-mail ("e:") alike.
CREATE TABLE sale_customers (
  sale_id      uuid NOT NULL,
  customer_key text NOT NULL,
  held         int  NOT NULL DEFAULT 0,
  sold         int  NOT NULL DEFAULT 0,
  maximum      int  NOT NULL,
  CONSTRAINT sale_customers_pkey PRIMARY KEY (sale_id, customer_key),
  CONSTRAINT sale_customers_within_limit CHECK (held + sold <= maximum),
  CONSTRAINT sale_customers_not_negative CHECK (held >= 0 AND sold >= 0)
) WITH (fillfactor = 80);

-- The ledger: append-only, in the transaction that moved the units. Per pool, its sums are the pool's counters.
CREATE TABLE stock_movements (
  id            bigint      GENERATED ALWAYS AS IDENTITY,
  pool_id       uuid        NOT NULL,
  kind          text        NOT NULL,
  on_hand_delta bigint      NOT NULL DEFAULT 0,
  held_delta    bigint      NOT NULL DEFAULT 0,
  sold_delta    bigint      NOT NULL DEFAULT 0,
  hold_id       uuid,
  order_id      uuid,
  reason        text,
  at            timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT stock_movements_pkey PRIMARY KEY (pool_id, id),
  CONSTRAINT stock_movements_kind_known CHECK (kind IN
    ('received', 'adjusted', 'allocated', 'returned', 'held', 'released', 'expired', 'sold', 'restocked', 'fulfilled'))
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER stock_movements_append_only BEFORE UPDATE OR DELETE ON stock_movements
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
