"""What breaks on purpose, in one table (`known.py`), for scenarios and for chaos alike.

A fault is a context around the shop's house: it begins when entered and is mended when left. Those that need no word
more are in `doorbuster/drill/chaos/faults.py`, those that take one of a scenario's keys are here.
"""
