"""What each role may do: one table.

| may      | means                                                         |
|----------|---------------------------------------------------------------|
| glance   | see the overview and the sales as they sell, nothing else     |
| look     | see all that has no personal data: alerts, journal, drills    |
| contact  | see orders, addresses and mails                               |
| operate  | pause, resume and end a sale; parked jobs; the guard's levers |
| sell     | create and edit sales; fulfil, cancel and refund orders       |
| manage   | make, reset and disable operators                             |
"""

from typing import Literal

Role = Literal["guest", "viewer", "merchant", "operator", "owner"]
Permission = Literal["glance", "look", "contact", "operate", "sell", "manage"]

ROLES: tuple[Role, ...] = ("viewer", "merchant", "operator", "owner")
"""What an account can have; a guest has none, but a link (`views.py`)."""

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "guest": frozenset({"glance"}),
    "viewer": frozenset({"glance", "look"}),
    "operator": frozenset({"glance", "look", "contact", "operate"}),
    "merchant": frozenset({"glance", "look", "contact", "operate", "sell"}),
    "owner": frozenset({"glance", "look", "contact", "operate", "sell", "manage"}),
}


def may(role: Role, permission: Permission) -> bool:
    """Say whether the role has the permission."""
    return permission in PERMISSIONS[role]


def role_named(text: str) -> Role | None:
    """Return the role of that name, or None."""
    return next((role for role in ROLES if role == text), None)
