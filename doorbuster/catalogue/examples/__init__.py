"""The example shop: what `doorbuster up` shows in an empty home folder.

Promises: installing it again changes nothing; its data carries its licence (NOTICE.txt).
Never: touches a product that came from elsewhere.

Verbs: `install`; `DEMO_SALE_PRODUCT` says what the demo sale sells.
"""

from doorbuster.catalogue.examples.shop import DEMO_SALE_PRODUCT, DemoSaleProduct, install

__all__ = ["DEMO_SALE_PRODUCT", "DemoSaleProduct", "install"]
