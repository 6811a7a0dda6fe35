"""Wakes the right person: who is on call for what, one page for one trouble, and what becomes of each message.

Promises: a page is written down before it is sent, and sent at least once, whatever is killed in between; who does not
acknowledge is followed by the next of the policy; a message that cannot be delivered escalates at once; works while
PostgreSQL does not.
Never: shows or logs a target's address whole: it may hold a secret.

Verbs: `Pager.notify`, `Pager.beat`, `rota.on_call`, `people.add_person`, …
"""
