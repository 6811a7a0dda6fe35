-- Until when an order's units are kept for its payment: whoever cancels unpaid orders finds those whose time is over,
-- and need not look through all that are still being paid. NULL where that is not known: such an order is looked at each time.
-- depends: 0820_indexes_of_review

ALTER TABLE orders ADD COLUMN units_until timestamptz;
