"""What a bot gets that asks fifty times as often as people do: units, tickets, and everybody else's patience.

A real shop with two workers, a real waiting room, callers over real HTTP, each with an address and a cookie of its own.
Promises: what was given is counted by the database, too; people are never made slower or fewer than is told.
Read in this order: `callers.py` (people and bots), `holds.py`, `tickets.py`, `release.py`, `commands.py`.
"""
