-- What the auditor asks about answers that clients were given: were they kept?

-- name: audit_told_holds
-- why:  every hold a client was told of exists, with the same goods under the same key
-- cost: rows 1000, buffers 12000
SELECT t.id AS hold, h.id IS NULL AS lost, t.sku AS told_sku, v.sku, t.quantity AS told_quantity, h.quantity,
       t.key AS told_key, h.idempotency_key AS key
FROM unnest(:ids::uuid[], :skus::text[], :quantities::int[], :keys::text[]) AS t(id, sku, quantity, key)
LEFT JOIN holds h ON h.id = t.id
LEFT JOIN variants v ON v.id = h.variant_id
WHERE h.id IS NULL OR h.quantity <> t.quantity OR v.sku IS DISTINCT FROM t.sku
   OR (t.key <> '' AND h.idempotency_key <> t.key)
LIMIT 1000;

-- name: audit_told_orders
-- why:  every order a client was told of exists, with the same number, total and hold, and what was paid stays paid
-- cost: rows 1000, buffers 20000
SELECT t.id AS order, o.id IS NULL AS lost, t.number AS told_number, o.number, t.total AS told_total,
       o.total_amount AS total, t.state AS told_state, o.state, t.hold AS told_hold, l.hold_id AS hold
FROM unnest(:ids::uuid[], :numbers::bigint[], :totals::bigint[], :states::text[], :holds::uuid[])
     AS t(id, number, total, state, hold)
LEFT JOIN orders o ON o.id = t.id
LEFT JOIN order_lines l ON l.order_id = t.id AND l.hold_id = t.hold
WHERE o.id IS NULL OR o.number <> t.number OR o.total_amount <> t.total
   OR (t.hold IS NOT NULL AND l.hold_id IS NULL)
   OR (t.state IN ('paid', 'fulfilled') AND o.state NOT IN ('paid', 'fulfilled', 'refunded'))
LIMIT 1000;
