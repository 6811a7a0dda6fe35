"""A payment provider for trying the shop out: its own process, its own file, and Stripe's words on the wire.

Promises: speaks the hosted-checkout part of Stripe's protocol (sessions, refunds, signed events, idempotency keys), so
that the shop's adapter will speak to Stripe unchanged; sessions and events survive a restart; events are delivered at
least once. It misbehaves on request as real providers do.
Never: moves money; shares code with the shop; is meant for anything but tests and demonstrations.

Read in this order: `sessions.py` (what a session goes through), `wire.py` (how it is written), `store.py` (where it is
kept), `delivery.py` (how the shop is told), `app.py` (the addresses).
"""
