"""The one door to PostgreSQL.

Promises: every statement is named, budgeted, timed and counted; faults arrive as ours; a committed answer is durable.
Never: knows a room's rules.

Verbs: `open_database`, `build`, `build_all`, `QueryFile`, `Coalescer`, `migrate`, `embedded`.
"""

from doorbuster.database.pool import Database, Row, Runner, Transaction, open_database
from doorbuster.database.queries import Query, QueryFile
from doorbuster.database.rows import build, build_all

__all__ = [
    "Database",
    "Query",
    "QueryFile",
    "Row",
    "Runner",
    "Transaction",
    "build",
    "build_all",
    "open_database",
]
