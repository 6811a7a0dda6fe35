-- depends: 0004_background
-- What a product costs and whether it is in stock, per currency: the one definition that every list, filter and page shares.

CREATE VIEW product_offers AS
SELECT variants.product_id,
       prices.currency,
       min(prices.amount)                                                              AS price,
       max(prices.amount)                                                              AS price_to,
       (array_agg(prices.compare_at_amount ORDER BY prices.amount, variants.position))[1] AS compare_at,
       count(*)                                                                        AS variant_count,
       sum(stock.units)::bigint                                                        AS units
FROM variants
JOIN prices ON prices.variant_id = variants.id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(on_hand - held - sold), 0) AS units
  FROM stock_pools
  WHERE stock_pools.variant_id = variants.id AND stock_pools.sale_id IS NULL
) AS stock
GROUP BY variants.product_id, prices.currency;
