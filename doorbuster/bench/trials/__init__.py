"""Trials of the diagnosis: a real shop with a crowd inside, one fault at a time, and what the control plane says of it.

Promises: every fault is real (a dropped index, a held lock, a stopped process), and undone before the next one; a trial
counts what a program on the outside is told at `/api/v1/diagnosis`, and when.
"""
