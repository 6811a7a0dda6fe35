-- name: collections
-- why:  the menu and the home page show the shop's collections in the merchant's order
-- cost: rows 200, buffers 250
SELECT id, handle, title, description_html
FROM collections
ORDER BY position, handle
LIMIT 200;

-- name: collection_by_handle
-- why:  a collection's page needs its name and description
-- cost: rows 1, buffers 5
SELECT id, handle, title, description_html
FROM collections
WHERE handle = :handle;
