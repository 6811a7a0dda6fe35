"""The operators' journal: who did what, when and why, in the control plane's own event log.

Promises: a line once appended is durable and is never changed; it needs no PostgreSQL, and the command line and the
control plane may write at the same time. When PostgreSQL is well, every line is mirrored to its `journal` table.
Never: decides whether somebody may do what the line says; carries a password, token or card.

The event log is one SQLite file, `control.sqlite`, in the home folder. Operators and their sessions live in it too
(`accounts`), so that log-in survives the database's bad day.
"""

from doorbuster.journal.lines import Actor, Line, append, command_line_actor, lines
from doorbuster.journal.mirror import mirror
from doorbuster.journal.store import EventLog, open_event_log

__all__ = ["Actor", "EventLog", "Line", "append", "command_line_actor", "lines", "mirror", "open_event_log"]
