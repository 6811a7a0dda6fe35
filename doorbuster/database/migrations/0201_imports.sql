-- depends: 0200_product_offers
-- What imports must remember: within one run, which handle or SKU was taken in which line; for ever, what quantity a
-- file last gave for a variant, so that repeating a file never brings back units that were sold or allocated since.

CREATE UNLOGGED TABLE import_claims (
  import_id uuid   NOT NULL,
  key       text   NOT NULL,
  line      bigint NOT NULL,
  CONSTRAINT import_claims_pkey PRIMARY KEY (import_id, key)
);

CREATE TABLE imported_stock (
  variant_id uuid   CONSTRAINT imported_stock_pkey PRIMARY KEY
                    CONSTRAINT imported_stock_variant_fkey REFERENCES variants ON DELETE CASCADE,
  quantity   bigint NOT NULL
);
