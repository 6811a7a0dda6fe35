"""How many units there are, where, and how that number may change.

Promises: a pool never promises more than it has (stock_pools_never_oversold), and every change of its counters has a
line in the ledger, in the same transaction.
Never: knows who claims a unit or what it costs.

Verbs: `adjust_stock`, `pool_of_variant`.
"""
