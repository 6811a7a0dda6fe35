"""Bugs planted on purpose, one at a time, to grade the tests: `python -m tests.planted`, or `make planted-bugs`.

A test that has never failed has proved nothing. Each bug here is a mistake that somebody could make in the engine; the
runner puts it into a copy of the checkout and says which check caught it. One that nobody catches is a missing test.
"""
