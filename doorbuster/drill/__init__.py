"""Rehearsals: a crowd of shoppers over real HTTP, faults on purpose, and a verdict.

Promises: a drill is one TOML file (given, when, then); its crowd is open-loop and repeatable from a seed; a latency
counts from the moment the shopper planned to ask; when the client itself was the bottleneck, the report says so.
Never: imports the shop's rooms (the crowd knows only what a shopper can know), breaks a shop it has not
opened, talks to a shop on another machine without typed consent, or pays with real money.

Verbs: `reading.load` (a scenario), `playing.play` (a drill from its scenario to its report), `rehearsal.rehearse` (the
part between), `crowd.release` (a crowd in this process). What is broken is in `faults/` and `chaos/`.
"""
