"""The guard: says no quickly, fairly and honestly, before anything costs anything.

Promises: decided in raw ASGI from local memory, before routing, body and session; a refusal says why, when to come
back, and carries an id that tells an operator everything about it; what callers may send is changed while the shop
runs, with reason, author, expiry and undo, in force in every worker within about a second, with PostgreSQL up or down.
Never: refuses a payment's callback, a health check, or anybody whose address says nothing (see web/networks.py).
"""
