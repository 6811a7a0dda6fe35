-- Products, variants, prices, collections, media and what search needs.

CREATE TABLE products (
  id               uuid        CONSTRAINT products_pkey PRIMARY KEY,
  handle           text        NOT NULL,
  title            text        NOT NULL,
  description_html text        NOT NULL DEFAULT '',
  vendor           text        NOT NULL DEFAULT '',
  category         text        NOT NULL DEFAULT '',
  tags             text[]      NOT NULL DEFAULT '{}',
  option_names     text[]      NOT NULL DEFAULT '{}',
  status           text        NOT NULL DEFAULT 'active',
  source           text        NOT NULL DEFAULT '',
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  search           tsvector    NOT NULL GENERATED ALWAYS AS (
                     setweight(to_tsvector('english', title), 'A')
                     || setweight(to_tsvector('english', vendor || ' ' || category), 'B')
                     || setweight(to_tsvector('english', left(regexp_replace(description_html, '<[^>]*>', ' ', 'g'), 4000)), 'C')
                   ) STORED,
  CONSTRAINT products_handle_unique UNIQUE (handle),
  CONSTRAINT products_handle_is_a_slug CHECK (handle ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(handle) <= 120),
  CONSTRAINT products_title_not_empty CHECK (length(title) BETWEEN 1 AND 300),
  CONSTRAINT products_status_known CHECK (status IN ('draft', 'active', 'archived')),
  CONSTRAINT products_at_most_three_options CHECK (cardinality(option_names) <= 3)
);
CREATE INDEX products_newest ON products (id DESC) WHERE status = 'active';
CREATE INDEX products_search ON products USING gin (search) WHERE status = 'active';
CREATE INDEX products_by_category ON products (category, id DESC) WHERE status = 'active';

CREATE TABLE variants (
  id                uuid        CONSTRAINT variants_pkey PRIMARY KEY,
  product_id        uuid        NOT NULL CONSTRAINT variants_product_fkey REFERENCES products ON DELETE CASCADE,
  position          int         NOT NULL DEFAULT 1,
  sku               text        NOT NULL,
  option_values     text[]      NOT NULL DEFAULT '{}',
  weight_grams      int         NOT NULL DEFAULT 0,
  requires_shipping boolean     NOT NULL DEFAULT true,
  tax_category      text        NOT NULL DEFAULT 'standard',
  created_at        timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT variants_sku_unique UNIQUE (sku),
  CONSTRAINT variants_sku_readable CHECK (sku ~ '^[!-~]+$' AND length(sku) <= 100),
  CONSTRAINT variants_options_unique UNIQUE (product_id, option_values),
  CONSTRAINT variants_weight_not_negative CHECK (weight_grams >= 0)
);
CREATE INDEX variants_by_product ON variants (product_id, position);

CREATE TABLE prices (
  variant_id        uuid   NOT NULL CONSTRAINT prices_variant_fkey REFERENCES variants ON DELETE CASCADE,
  currency          text   NOT NULL,
  amount            bigint NOT NULL,
  compare_at_amount bigint,
  CONSTRAINT prices_pkey PRIMARY KEY (variant_id, currency),
  CONSTRAINT prices_currency_iso CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT prices_amount_not_negative CHECK (amount >= 0),
  CONSTRAINT prices_compare_at_above CHECK (compare_at_amount IS NULL OR compare_at_amount > amount)
);

CREATE TABLE collections (
  id               uuid CONSTRAINT collections_pkey PRIMARY KEY,
  handle           text NOT NULL,
  title            text NOT NULL,
  description_html text NOT NULL DEFAULT '',
  position         int  NOT NULL DEFAULT 0,
  CONSTRAINT collections_handle_unique UNIQUE (handle),
  CONSTRAINT collections_handle_is_a_slug CHECK (handle ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(handle) <= 120)
);
CREATE INDEX collections_by_position ON collections (position, handle);

CREATE TABLE collection_products (
  collection_id uuid NOT NULL CONSTRAINT collection_products_collection_fkey REFERENCES collections ON DELETE CASCADE,
  product_id    uuid NOT NULL CONSTRAINT collection_products_product_fkey REFERENCES products ON DELETE CASCADE,
  position      int  NOT NULL DEFAULT 0,
  CONSTRAINT collection_products_pkey PRIMARY KEY (collection_id, position, product_id)
);
CREATE UNIQUE INDEX collection_products_once ON collection_products (product_id, collection_id);

CREATE TABLE media (
  id         uuid CONSTRAINT media_pkey PRIMARY KEY,
  product_id uuid NOT NULL CONSTRAINT media_product_fkey REFERENCES products ON DELETE CASCADE,
  position   int  NOT NULL DEFAULT 1,
  url        text NOT NULL,
  alt        text NOT NULL DEFAULT '',
  CONSTRAINT media_position_unique UNIQUE (product_id, position)
);

-- The vocabulary of the catalogue, for queries with a typing mistake: words near a word share its trigrams.
CREATE TABLE search_words (
  word     text   CONSTRAINT search_words_pkey PRIMARY KEY,
  trigrams text[] NOT NULL,
  products int    NOT NULL
);
CREATE INDEX search_words_by_trigram ON search_words USING gin (trigrams);
