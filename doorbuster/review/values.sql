-- What the arguments of functions are given, where no column tells: a query `values_of_NAME` for each such statement.

-- name: values_of_claim_holds
-- why:  a batch of newcomers at the great sale's pool
-- cost: rows 2, buffers 100
SELECT 'hot' AS "case", h.sale_id::text, h.variant_id::text, array_agg(gen_random_uuid())::text AS ids, array_agg('s:new-' || n)::text AS customers,
       array_agg('key-of-new-' || n)::text AS keys, array_agg(1)::text AS quantities, array_agg(NULL::bigint)::text AS prices,
       array_agg(NULL::text)::text AS networks
  FROM (SELECT sale_id, variant_id FROM holds LIMIT 1) h, generate_series(1, 100) n
 GROUP BY h.sale_id, h.variant_id
 LIMIT 1;
