"""The control room: the pages where merchants run sales and orders, and operators see whether customers are all right.

Promises: answers while the shop burns: log-in, overview, journal and metrics need no PostgreSQL, and a page that does
says so honestly; every change is written to the journal before it is made, with actor, role and reason.
Never: decides anything about sales, orders or money; it asks their verbs.
"""
