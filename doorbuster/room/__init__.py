"""The waiting room of a sale: who may claim a unit, when, so that a crowd becomes a line that checkout can serve.

Promises: who registers before the opening has the same chance whenever they came, and anybody can check the draw
afterwards; who comes later comes after; nobody is called before it is their turn, and not more are called than checkout
and the stock can take; a place survives reload, restart and a change of device; "sold out" is told to all at once.
Never: decides who gets a unit (the sale does), or stands before a sale for which nobody has opened a room.

Read in this order: `draw.py` (the fair draw), `rooms.py` (a room's life), `entering.py` (tickets and passes),
`release.py` (how many are called each second), `memory.py` (what a worker knows by heart), `gate.py` (the hot URLs).
"""
