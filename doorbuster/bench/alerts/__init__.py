"""How often the alerts cry wolf, and how soon they see: days of real traffic and labelled series through the rules.

Promises: the whole table is judged, second by second, on a clock that is handed in; chance has a seed; what is missing
is said.
Never: tunes a rule to a set.
"""
