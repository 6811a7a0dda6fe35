"""The independent auditor: proves from the rows that every unit sold exactly once.

Promises: shares no code with the engine, so that a mistake there cannot hide here; looks at one instant, writes
nothing, and keeps its memory small at any size; says of each disagreement which rows disagree, and why.
Never: mends anything, or believes a counter that it can add up itself.

Verbs: `run` (auditor.py); the command is `doorbuster audit` (commands.py). A drill hands over what clients were told as
JSON lines, one of these per acknowledged answer (acknowledged.py):

    {"kind": "hold",  "id": "…", "sku": "…", "quantity": 1, "key": "the Idempotency-Key"}
    {"kind": "order", "id": "…", "number": 1001, "total": 1999, "state": "paid", "hold_id": "…"}
"""

from doorbuster.audit.auditor import run
from doorbuster.audit.report import Report, Result

__all__ = ["Report", "Result", "run"]
