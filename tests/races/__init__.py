"""Races: many do the same at the same instant, and exactly as many succeed as may.

A few rounds of each run with the tests. `python -m tests.races --rounds 2000`, or `make races`, runs thousands.
"""
