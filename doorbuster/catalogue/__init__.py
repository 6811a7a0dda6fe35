"""What the shop sells: products, variants, prices, collections, search, import, artwork.

Promises: every list is paged by key and bounded at any size of catalogue; an import can be repeated without harm and
names every row it refuses; the artwork of a product is the same for ever.
Never: promises a unit to anybody (that is the sale room's and the checkout's), or shows a description nobody sanitised.

Verbs: `newest_products`, `products_in_collection`, `products_like`, `product_by_handle`, `variant_by_sku`,
`collections`, `collection_by_handle` (products.py, collections.py); `search_products` (search.py);
`import_catalog`, `import_orders` (importing/); `artwork_svg` (artwork.py); `install` (examples.py).
"""
