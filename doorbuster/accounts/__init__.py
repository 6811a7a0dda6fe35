"""Operators: who may enter the control room, in which role, and how they prove it.

Promises: passwords are argon2id hashes, sessions and links are kept as hashes only; a wrong name and a wrong password
take the same time and get the same answer; a flood of log-ins costs at most one core; works without PostgreSQL.
Never: sends a password anywhere; knows what the pages behind the door do.
"""
