-- depends: 0002_stock_and_sales
-- Customers, carts, orders, payments, shipping, tax.

CREATE TABLE customers (
  id            uuid        CONSTRAINT customers_pkey PRIMARY KEY,
  email         text        NOT NULL,
  email_key     text        NOT NULL,
  name          text        NOT NULL DEFAULT '',
  password_hash text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT customers_email_unique UNIQUE (email_key),
  CONSTRAINT customers_email_plausible CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254)
);

CREATE TABLE carts (
  id           uuid        CONSTRAINT carts_pkey PRIMARY KEY,
  customer_key text        NOT NULL,
  currency     text        NOT NULL,
  state        text        NOT NULL DEFAULT 'open',
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT carts_state_known CHECK (state IN ('open', 'ordered', 'abandoned'))
);
CREATE UNIQUE INDEX carts_one_open_each ON carts (customer_key) WHERE state = 'open';
CREATE INDEX carts_to_abandon ON carts (updated_at) WHERE state = 'open';

CREATE TABLE cart_lines (
  cart_id    uuid        NOT NULL CONSTRAINT cart_lines_cart_fkey REFERENCES carts ON DELETE CASCADE,
  variant_id uuid        NOT NULL CONSTRAINT cart_lines_variant_fkey REFERENCES variants ON DELETE CASCADE,
  quantity   int         NOT NULL,
  added_at   timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT cart_lines_pkey PRIMARY KEY (cart_id, variant_id),
  CONSTRAINT cart_lines_quantity_sensible CHECK (quantity BETWEEN 1 AND 999)
);

CREATE TABLE shipping_methods (
  id        uuid    CONSTRAINT shipping_methods_pkey PRIMARY KEY,
  name      text    NOT NULL,
  countries text[],
  currency  text    NOT NULL,
  amount    bigint  NOT NULL,
  free_from bigint,
  days_min  int     NOT NULL DEFAULT 1,
  days_max  int     NOT NULL DEFAULT 5,
  position  int     NOT NULL DEFAULT 1,
  active    boolean NOT NULL DEFAULT true,
  CONSTRAINT shipping_methods_name_unique UNIQUE (name, currency),
  CONSTRAINT shipping_methods_amount_not_negative CHECK (amount >= 0),
  CONSTRAINT shipping_methods_days_in_order CHECK (days_min BETWEEN 0 AND days_max)
);

CREATE TABLE tax_rates (
  country      text NOT NULL,
  tax_category text NOT NULL,
  name         text NOT NULL,
  basis_points int  NOT NULL,
  CONSTRAINT tax_rates_pkey PRIMARY KEY (country, tax_category),
  CONSTRAINT tax_rates_sensible CHECK (basis_points BETWEEN 0 AND 10000)
);

CREATE SEQUENCE order_numbers START 1001;

-- Everything on an order is frozen when it is placed; prices, names and rates may change afterwards.
CREATE TABLE orders (
  id               uuid        CONSTRAINT orders_pkey PRIMARY KEY,
  number           bigint      NOT NULL,
  secret           text        NOT NULL,
  customer_key     text        NOT NULL,
  idempotency_key  text        NOT NULL,
  request_hash     bytea       NOT NULL,
  email            text        NOT NULL,
  email_key        text        NOT NULL,
  sale_id          uuid,
  cart_id          uuid,
  state            text        NOT NULL DEFAULT 'awaiting_payment',
  currency         text        NOT NULL,
  items_amount     bigint      NOT NULL,
  shipping_amount  bigint      NOT NULL,
  tax_amount       bigint      NOT NULL,
  total_amount     bigint      NOT NULL,
  shipping_method  text        NOT NULL,
  shipping_address jsonb       NOT NULL,
  source           text        NOT NULL DEFAULT 'shop',
  placed_at        timestamptz NOT NULL,
  paid_at          timestamptz,
  fulfilled_at     timestamptz,
  cancelled_at     timestamptz,
  cancel_reason    text,
  tracking         text,
  CONSTRAINT orders_number_unique UNIQUE (number),
  CONSTRAINT orders_one_effect_per_key UNIQUE (customer_key, idempotency_key),
  CONSTRAINT orders_total_adds_up CHECK (total_amount = items_amount + shipping_amount),
  CONSTRAINT orders_amounts_not_negative CHECK (items_amount >= 0 AND shipping_amount >= 0 AND tax_amount >= 0),
  CONSTRAINT orders_state_known CHECK (state IN
    ('awaiting_payment', 'paid', 'fulfilled', 'cancelled', 'refunded'))
) WITH (fillfactor = 85);
CREATE INDEX orders_newest ON orders (id DESC);
CREATE INDEX orders_by_state ON orders (state, id DESC);
CREATE INDEX orders_by_email ON orders (email_key, id DESC);
CREATE INDEX orders_of_sale ON orders (sale_id, id DESC) WHERE sale_id IS NOT NULL;
CREATE UNIQUE INDEX orders_one_per_cart ON orders (cart_id) WHERE cart_id IS NOT NULL AND state <> 'cancelled';

CREATE TABLE order_lines (
  order_id     uuid   NOT NULL CONSTRAINT order_lines_order_fkey REFERENCES orders,
  position     int    NOT NULL,
  variant_id   uuid,
  hold_id      uuid,
  pool_id      uuid,
  sku          text   NOT NULL,
  title        text   NOT NULL,
  quantity     int    NOT NULL,
  unit_price   bigint NOT NULL,
  tax_points   int    NOT NULL DEFAULT 0,
  tax_amount   bigint NOT NULL DEFAULT 0,
  CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, position),
  CONSTRAINT order_lines_quantity_positive CHECK (quantity > 0),
  CONSTRAINT order_lines_price_not_negative CHECK (unit_price >= 0)
);
CREATE UNIQUE INDEX order_lines_hold_once ON order_lines (hold_id) WHERE hold_id IS NOT NULL;

-- One row per attempt to pay an order; its id is the idempotency key towards the gateway.
CREATE TABLE payments (
  id              uuid        CONSTRAINT payments_pkey PRIMARY KEY,
  order_id        uuid        NOT NULL CONSTRAINT payments_order_fkey REFERENCES orders,
  gateway         text        NOT NULL,
  gateway_ref     text,
  state           text        NOT NULL DEFAULT 'pending',
  amount          bigint      NOT NULL,
  refunded_amount bigint      NOT NULL DEFAULT 0,
  currency        text        NOT NULL,
  failure         text,
  created_at      timestamptz NOT NULL,
  captured_at     timestamptz,
  CONSTRAINT payments_one_per_gateway_ref UNIQUE (gateway, gateway_ref),
  CONSTRAINT payments_state_known CHECK (state IN ('pending', 'captured', 'failed', 'cancelled', 'refund_due', 'refunded')),
  CONSTRAINT payments_refund_within_amount CHECK (refunded_amount BETWEEN 0 AND amount)
) WITH (fillfactor = 85);
CREATE INDEX payments_of_order ON payments (order_id);
CREATE UNIQUE INDEX payments_captured_once ON payments (order_id) WHERE state IN ('captured', 'refunded');
CREATE INDEX payments_unsettled ON payments (created_at) WHERE state IN ('pending', 'refund_due');

-- Each callback of the gateway takes effect once.
CREATE TABLE payment_callbacks (
  gateway     text        NOT NULL,
  event_id    text        NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT payment_callbacks_pkey PRIMARY KEY (gateway, event_id)
);

-- Answers of writes that have no natural row to carry their key; refusals are not stored.
CREATE TABLE idempotency_keys (
  customer_key    text        NOT NULL,
  idempotency_key text        NOT NULL,
  request_hash    bytea       NOT NULL,
  status          int         NOT NULL,
  body            jsonb       NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (customer_key, idempotency_key)
);

INSERT INTO shipping_methods (id, name, currency, amount, free_from, days_min, days_max, position) VALUES
  ('00000000-0000-7000-8000-000000000101', 'Standard', 'GBP', 395, 5000, 2, 4, 1),
  ('00000000-0000-7000-8000-000000000102', 'Next day', 'GBP', 795, NULL, 1, 1, 2),
  ('00000000-0000-7000-8000-000000000103', 'Standard', 'EUR', 495, 6000, 2, 5, 1),
  ('00000000-0000-7000-8000-000000000104', 'Standard', 'USD', 595, 7500, 3, 6, 1),
  ('00000000-0000-7000-8000-000000000105', 'Express',  'USD', 1495, NULL, 1, 2, 2);
INSERT INTO tax_rates (country, tax_category, name, basis_points) VALUES
  ('GB', 'standard', 'VAT', 2000), ('IE', 'standard', 'VAT', 2300), ('DE', 'standard', 'MwSt', 1900),
  ('FR', 'standard', 'TVA', 2000), ('NL', 'standard', 'BTW', 2100), ('ES', 'standard', 'IVA', 2100);
