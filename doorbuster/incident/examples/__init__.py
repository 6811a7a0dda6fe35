"""The incident that this shop comes from, as the example data has it: its postmortem, and what was proved.

Promises: the postmortem is imported like anybody's; an item has the runs that were really made, with their dates and
the commit that made them, and grows old like any other; installing it again changes nothing.

Verbs: `install`. `runs.json` holds the runs, and `__main__.py` writes them; an empty list is honest, too.
"""

from importlib import resources

import msgspec

from doorbuster.incident import importing, items
from doorbuster.incident.incident import Incident
from doorbuster.incident.items import Run
from doorbuster.journal import Actor, EventLog

FOUNDING = "2024-06-18-flash-sale.md"


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A run that was made: of which proof, when it ended (seconds since 1970), of which commit, and what came of it."""

    proof: str
    at: int
    commit: str
    holds: bool
    detail: str
    as_it_was: bool = False


def install(log: EventLog, now: int, *, with_runs: bool = True) -> Incident | str:
    """Import the founding incident with the recorded runs of its proofs; say why not when it is there already."""
    folder = resources.files(__name__)
    text = folder.joinpath(FOUNDING).read_text(encoding="utf-8")
    recorded = msgspec.json.decode(folder.joinpath("runs.json").read_bytes(), type=list[Recorded])
    made = importing.store(log, importing.read(text), text, Actor("example", "cli"), now)
    for each in recorded if with_runs else ():
        detail = f"{each.detail} (commit {each.commit})"
        items.record_run(log, each.proof, Run(each.at, each.holds, detail, each.as_it_was))
    return made
