"""Chaos: one fault after the other in a shop of its own, while shoppers buy; what they were told must stay true.

Promises: a run is repeated by its seed; only processes and data of a shop that the run itself opened are touched; what
is broken is mended before the next fault.
Never: knows the shop's rooms; it buys over HTTP like anybody, breaks processes and wires, and asks the auditor.
"""
