"""What the guard does at up to ten times what the database can do, beside the same shop without it.

PostgreSQL has a core of its own and is the bottleneck; the shop and the crowd share the other. Promises: arrivals are
open-loop and latency counts from the planned moment; what the crowd's own core took is told with the figures.
"""
