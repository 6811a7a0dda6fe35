-- Tax contained in a tax-inclusive amount, rounded half to even, as `money.tax_within` does it.
CREATE OR REPLACE FUNCTION tax_within(p_gross bigint, p_points int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (whole + CASE WHEN 2 * rest > divisor OR (2 * rest = divisor AND whole % 2 = 1) THEN 1 ELSE 0 END)::bigint
    FROM (SELECT div(product, divisor) AS whole, product % divisor AS rest, divisor
            FROM (SELECT p_gross::numeric * p_points AS product, 10000::numeric + p_points AS divisor) given) divided
$$;

-- What is frozen of an item on an order, and its tax in a country. Inlined where it is used, as the next one is.
CREATE OR REPLACE FUNCTION item_facts(p_variant uuid, p_country text)
RETURNS TABLE (sku text, title text, requires_shipping boolean, tax_points int) LANGUAGE sql STABLE AS $$
  SELECT v.sku,
         p.title || CASE WHEN cardinality(p.option_names) > 0 AND cardinality(v.option_values) > 0
                         THEN ' – ' || array_to_string(v.option_values, ' / ') ELSE '' END,
         v.requires_shipping, coalesce(t.basis_points, 0)
    FROM variants v
    JOIN products p ON p.id = v.product_id
    LEFT JOIN tax_rates t ON t.country = p_country AND t.tax_category = v.tax_category
   WHERE v.id = p_variant
$$;

-- The delivery of so much to a country: the chosen method, or the first that goes there.
CREATE OR REPLACE FUNCTION delivery_of(p_items_amount bigint, p_country text, p_currency text, p_method uuid)
RETURNS TABLE (name text, amount bigint) LANGUAGE sql STABLE AS $$
  SELECT m.name, CASE WHEN p_items_amount >= m.free_from THEN 0 ELSE m.amount END
    FROM shipping_methods m
   WHERE m.active AND m.currency = p_currency
     AND (m.countries IS NULL OR p_country = ANY (m.countries))
     AND (p_method IS NULL OR m.id = p_method)
   ORDER BY m.position, m.id
   LIMIT 1
$$;

-- Prices lines for a country: what they cost, the delivery, the tax inside both, and the lines with what is frozen on
-- an order. No delivery method means that none reaches the country; no amounts mean that there was no line.
CREATE OR REPLACE FUNCTION price_order(p_lines jsonb, p_country text, p_currency text, p_method uuid)
RETURNS TABLE (items_amount bigint, shipping_amount bigint, tax_amount bigint, shipping_method text, lines jsonb)
LANGUAGE sql STABLE AS $$
  WITH line AS (
    SELECT l.*, f.sku, f.title, f.requires_shipping, f.tax_points
      FROM jsonb_to_recordset(p_lines)
        AS l(position int, variant_id uuid, hold_id uuid, pool_id uuid, quantity int, unit_price bigint)
      JOIN LATERAL item_facts(l.variant_id, p_country) f ON true
  ), items AS (
    SELECT sum(quantity * unit_price)::bigint AS amount,
           sum(tax_within(quantity * unit_price, tax_points))::bigint AS tax,
           bool_or(requires_shipping) AS ships,
           jsonb_agg(to_jsonb(line) || jsonb_build_object('tax_amount', tax_within(quantity * unit_price, tax_points))
                     ORDER BY position) AS lines
      FROM line
  ), delivery AS (
    SELECT d.name, d.amount
      FROM items JOIN LATERAL delivery_of(items.amount, p_country, p_currency, p_method) d ON items.ships
  )
  SELECT items.amount, coalesce(delivery.amount, 0),
         items.tax + tax_within(coalesce(delivery.amount, 0), coalesce(t.basis_points, 0)),
         CASE WHEN items.ships THEN delivery.name ELSE 'No delivery needed' END, items.lines
    FROM items
    LEFT JOIN delivery ON true
    LEFT JOIN tax_rates t ON t.country = p_country AND t.tax_category = 'standard'
$$;
