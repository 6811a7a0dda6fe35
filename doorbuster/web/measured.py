"""How whoever answers before the routing tells the measure that stands outside of everything what was answered.

A handler is known by its route. The hot door, the guard and the waiting rooms' gate answer before there is one, so they
put a word into the scope under ANSWERED_AS: the route that it is like, or REFUSED for an honest "not now".
"""

ANSWERED_AS = "answered_as"
REFUSED = "refused"
