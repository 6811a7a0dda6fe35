"""Doorbuster: a shop that can open at three o'clock sharp to everybody at once.

Promises: a unit is never promised twice, and a promise given is never lost.
The map of the house is in ARCHITECTURE.md.
"""

__version__ = "0.1.0"
