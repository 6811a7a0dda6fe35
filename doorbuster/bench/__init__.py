"""What the engine gains and what it costs, as ratios measured in one run on one machine, absolutes beside them.

Promises: both sides of a ratio run on the same PostgreSQL with the same durable settings, in turns, and the medians are
compared; a hold counts only if the database has it afterwards; what could not be measured is said, not left out.
Never: touches a shop: everything happens in a database of its own, in a temporary home that is removed afterwards.

Read in this order: `commands.py` (the groups), `measures.py` (what a measure is, the table, the file), `rounds.py`
(taking turns), `ground.py` (the database), `engine.py` against `pgbench.py` and `baselines/`, then `servers.py`,
`load.py` and the groups over HTTP: `claims.py`, `answers.py`, `purchases.py`.
"""
