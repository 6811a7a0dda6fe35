"""What each role may do: one table.

| may      | means                                                         |
|----------|---------------------------------------------------------------|
| look     | see the overview, the sales, the journal: no personal data    |
| contact  | see orders, addresses and mails                               |
| operate  | pause, resume and end a sale; parked jobs; the guard's levers |
| sell     | create and edit sales; fulfil, cancel and refund orders       |
| manage   | make, reset and disable operators                             |
"""

from typing import Literal, get_args

Role = Literal["viewer", "merchant", "operator", "owner"]
Permission = Literal["look", "contact", "operate", "sell", "manage"]

ROLES: tuple[Role, ...] = get_args(Role)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"look"}),
    "operator": frozenset({"look", "contact", "operate"}),
    "merchant": frozenset({"look", "contact", "operate", "sell"}),
    "owner": frozenset({"look", "contact", "operate", "sell", "manage"}),
}


def may(role: Role, permission: Permission) -> bool:
    """Say whether the role has the permission."""
    return permission in PERMISSIONS[role]


def role_named(text: str) -> Role | None:
    """Return the role of that name, or None."""
    return next((role for role in ROLES if role == text), None)
