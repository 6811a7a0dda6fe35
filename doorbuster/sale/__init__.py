"""The sale engine: who gets one of the few.

Promises: a unit is never promised twice, and a promise given is never lost; the same key gets the same answer for
ever; "sold out" costs nothing and is always true.
Never: takes money, sends a message, waits for anything but PostgreSQL.

Read in this order: `sales.py` (the life of a sale), `answers.py` (what a claim is told), `holds.py` (claiming,
releasing), `expiry.py` (units that come back), `memory.py` (what a worker knows by heart), `door.py` (the hot URLs).
"""
