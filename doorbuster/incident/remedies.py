"""What a named cause asks for, as steps that can be done with a button.

Promises: reads only what the diagnosis said; a step that it returns is understood by `runbook.parse`.
"""

import re
import shlex
from collections.abc import Sequence

from doorbuster.database.indexes import defined_indexes
from doorbuster.incident.incident import Diagnosed
from doorbuster.incident.runbook import APPLICATION_BYTES

STEPS_MAX = 5
_BUILDS = re.compile(r"INDEX CONCURRENTLY (\w+)")
_PROCESS = re.compile(r"\b[Pp]rocess (\d+)")
_QUERY = re.compile(r"[a-z][a-z0-9_]{0,62}")
UNKNOWN = "unknown"


def remedies(cause: str, said: Diagnosed) -> Sequence[str]:
    """Return the steps that mend a cause, the first to be done first; empty where no step of ours does."""
    match cause:
        case "missing_index":
            steps = [f"create index {name}" for name in _BUILDS.findall(said.remedy) if name in defined_indexes()]
        case "lock_contention":
            steps = [f"end session {pid}" for pid in _PROCESS.findall(said.remedy)]
        case "bad_query" if said.subject == UNKNOWN:
            steps = [f"end session {pid}" for line in said.evidence for pid in _PROCESS.findall(line)]
        case "bad_query" if _QUERY.fullmatch(said.subject):
            steps = [f"cancel query {said.subject}"]
        case "connection_exhaustion" if 0 < len(said.subject.encode()) < APPLICATION_BYTES:
            steps = [f"end sessions {shlex.quote(said.subject)}"]
        case _:
            steps = []
    return list(dict.fromkeys(steps))[:STEPS_MAX]
