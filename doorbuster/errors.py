"""What should never happen: the tree of faults.

    DoorbusterError
    ├── Misconfigured            a setting is missing or impossible; the message says which and how to mend it
    ├── DatabaseFault
    │   ├── DatabaseUnavailable  no connection could be had, or it broke before the answer was known
    │   ├── DatabaseTimeout      PostgreSQL did not answer within the statement's time
    │   ├── DatabaseContention   deadlock, lock time-out or serialization failure: the same call may be tried again
    │   ├── ConstraintViolated   a named invariant refused the change; `constraint` carries the name
    │   └── Unstorable           a value that PostgreSQL cannot take: a NUL in a text, a number out of range
    ├── EventLogUnavailable      the control plane's own store could not be read or written; nothing was done
    ├── Overloaded               a bounded queue is full; nothing was done
    │   └── Throttled            a downstream that answers too little is left in peace; nothing was sent
    └── GatewayFault             the payment provider gave no usable answer; whether it acted is not known yet

Expected answers (sold out, not open yet, declined) are values of their verb, never exceptions.
"""


class DoorbusterError(Exception):
    """Any fault of ours; the message is a sentence that may be shown to an operator."""


class Misconfigured(DoorbusterError):
    """A setting is missing or impossible; the message names it and says how to mend it."""


class DatabaseFault(DoorbusterError):
    """PostgreSQL could not do what was asked."""


class DatabaseUnavailable(DatabaseFault):
    """No connection to PostgreSQL could be had, or it broke before the answer was known."""


class DatabaseTimeout(DatabaseFault):
    """PostgreSQL did not answer within the time the statement was given."""


class DatabaseContention(DatabaseFault):
    """A deadlock, lock time-out or serialization failure: nothing was done, the call may be tried again."""


class ConstraintViolated(DatabaseFault):
    """A named invariant refused the change."""

    def __init__(self, constraint: str, message: str) -> None:
        """Keep the constraint's name so that its answer can be looked up."""
        super().__init__(message)
        self.constraint = constraint


class EventLogUnavailable(DoorbusterError):
    """The control plane's own store could not be read or written (disk full, locked for too long); nothing was done."""


class Unstorable(DatabaseFault):
    """PostgreSQL cannot take a value as it was given: a NUL in a text, a number out of range; nothing was done."""


class Overloaded(DoorbusterError):
    """A bounded queue is full; nothing was done, come back a little later."""


class Throttled(Overloaded):
    """A downstream answers too little to be asked just now; nothing was sent, the same call may be made later."""


class GatewayFault(DoorbusterError):
    """The payment provider gave no usable answer; whether it acted is unknown until it is asked again."""
