"""What a drill breaks on purpose: every fault of chaos by name, and those that take a word or a number of their own.

A fault is a context around the shop's house: it begins when entered and is mended when left. `known.py` is the table.
"""
