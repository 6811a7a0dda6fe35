-- name: words_of_search
-- why:  tells how common each word of a search is, and which known words are near one that nothing is called
-- cost: rows 400, buffers 20000
SELECT asked.position, known.products, near.word AS near, near.products AS near_products,
       ts_lexize('english_stem', near.word) = ts_lexize('english_stem', asked.word) AS same_stem
FROM jsonb_to_recordset(:words::jsonb) AS asked(position int, word text, upto text, trigrams text[], edits int)
CROSS JOIN LATERAL (
  SELECT coalesce(sum(products), 0)::bigint AS products
  FROM (
    SELECT products FROM search_words WHERE word ~>=~ asked.word AND word ~<=~ asked.upto LIMIT 500
  ) AS meant
) AS known
LEFT JOIN LATERAL (
  SELECT word, products
  FROM (
    -- Asked in here and not where it is joined: so nothing is looked up for a word that is known.
    SELECT word, products, trigrams FROM search_words
    WHERE known.products = 0 AND asked.edits > 0 AND near_keys(word, 2) && near_keys(asked.word, asked.edits)
      AND length(word) BETWEEN length(asked.word) - asked.edits AND length(asked.word) + asked.edits
    LIMIT 2000
  ) AS likely
  ORDER BY (SELECT count(*) FROM unnest(trigrams) AS own WHERE own = ANY(asked.trigrams)) DESC, products DESC
  LIMIT 40
) AS near ON true
ORDER BY asked.position
LIMIT 500;

-- name: search_products
-- why:  one page of what was found: candidates, then filters, then order, then prices of the page's products
-- cost: rows 101, buffers 60000
WITH kept AS MATERIALIZED (
  SELECT candidate.product_id AS id,
         (CASE :sort::text
            WHEN 'price_up' THEN -coalesce(offer.price, 1000000000000000)
            WHEN 'price_down' THEN coalesce(offer.price, -1)
            WHEN 'newest' THEN 0
            ELSE candidate.score
          END)::bigint AS sort_key
  FROM search_candidates(to_tsquery('english', :words::text), :category::text, :common::boolean) AS candidate
  LEFT JOIN LATERAL (
    SELECT price, units FROM product_offers
    WHERE product_id = candidate.product_id AND currency = :currency AND :weighs_offers::boolean
    LIMIT 1
  ) AS offer ON true
  WHERE (:price_from::bigint IS NULL OR offer.price >= :price_from)
    AND (:price_to::bigint IS NULL OR offer.price <= :price_to)
    AND (NOT :in_stock::boolean OR offer.units > 0)
), page AS (
  SELECT id, sort_key FROM kept
  WHERE (sort_key, id) < (:after_key::bigint, :after_id::uuid)
  ORDER BY sort_key DESC, id DESC
  LIMIT :size
)
SELECT page.id, page.sort_key, products.handle, products.title, products.vendor, products.category,
       offer.price, offer.price_to, offer.compare_at, offer.variant_count, offer.units,
       (SELECT count(*) FROM kept) AS matches
FROM page
JOIN products ON products.id = page.id
LEFT JOIN LATERAL (
  -- The limit is a fence: without it the planner adds up the whole catalogue and joins the page to it.
  SELECT * FROM product_offers WHERE product_id = page.id AND currency = :currency LIMIT 1
) AS offer ON true
ORDER BY page.sort_key DESC, page.id DESC;
