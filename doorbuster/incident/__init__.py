"""Incidents: the story writes itself, anybody can read it, and an action item is done only when a drill proves it.

Promises: an incident opens by itself and is worked without PostgreSQL; a line once told is never lost; what the house
writes can be written again and what people wrote stays; roles stand where names might; nothing is verified by a click.
Never: acts without a person's confirmation, and never decides that it is over: it proposes.

The timeline, postmortems, action items and their proofs live in the control plane's event log (`journal`).
"""
