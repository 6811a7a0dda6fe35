-- name: kept_shops
-- why:  generated shops are databases of the review's own server; the comment of each says when it was built
-- cost: rows 100, buffers 200
SELECT datname::text AS name,
       extract(epoch FROM clock_timestamp())::bigint - coalesce(shobj_description(oid, 'pg_database'), '0')::bigint AS age_seconds
  FROM pg_database WHERE datname ~ '^shop_[0-9a-f]{12}_[0-9]+$' ORDER BY datname LIMIT 100;

-- name: built_now
-- why:  a shop is as old as its rows say for a day only
-- cost: rows 1, buffers 10
SELECT format('COMMENT ON DATABASE %I IS %L', :name::text, extract(epoch FROM clock_timestamp())::bigint::text) AS sql;
