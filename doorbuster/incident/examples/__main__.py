"""`python -m doorbuster.incident.examples`: writes `runs.json` from the runs that are proofs of the founding incident.

Play the drills with a home of their own on a quiet machine, then name that home and, for a review, its result:

    python -m doorbuster.incident.examples HOME review:house=out/review-house.json
"""

import sys
import tempfile
from pathlib import Path

import msgspec

from doorbuster.drill import runs
from doorbuster.incident import examples, items, proofs
from doorbuster.incident.examples import Recorded
from doorbuster.journal import open_event_log

FILE = Path(__file__).with_name("runs.json")


def recorded(home: Path, files: list[str]) -> list[Recorded]:
    """Return the newest run as it is and as it was of every proof that a home or a file has, oldest first."""
    with tempfile.TemporaryDirectory() as folder, open_event_log(Path(folder)) as log:
        examples.install(log, 0, with_runs=False)
        proofs.from_history(log, home)
        for proof, _, path in (each.partition("=") for each in files):
            proofs.from_file(log, proof, Path(path), as_it_was=proofs.AS_IT_WAS in path)
        found = [
            Recorded(proof=proof, at=run.at, commit=runs.commit(), holds=run.holds, detail=run.detail, as_it_was=was)
            for proof in items.proofs_named(log)
            for was in (True, False)
            for run in [each for each in items.runs_of(log, proof) if each.as_it_was == was][:1]
        ]
    return sorted(found, key=lambda each: each.at)


if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(recorded(Path(sys.argv[1]), sys.argv[2:])), indent=1))
