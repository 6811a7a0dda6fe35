"""`doorbuster up`: starts, watches, renews and stops every process of a shop.

Promises: the shop is open within seconds, first start included; a process that dies is replaced without losing a
connection that was waiting; nothing outlives the supervisor, whatever ends it; everything stops in order and clean.
Never: serves a request or knows a shop's rules.

Read in this order: `up.py` (the whole life), `shop.py` (what runs), `children.py` (one process), then the rest.
"""

from doorbuster.supervisor.up import up

__all__ = ["up"]
