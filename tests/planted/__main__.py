"""`python -m tests.planted`: plant every bug, one at a time, and report which check caught it.

Writes out/planted-bugs.json, and with --guide the table of docs/guide/planted-bugs.md. Exit status 1 when one survived.
"""

import argparse
import json
import queue
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from tests.planted.bug import ROOT, Bug
from tests.planted.catalogue import BUGS
from tests.planted.guide import write_guide
from tests.planted.run import Copy, Verdict, copy_of_checkout, judge

OUT = ROOT / "out" / "planted-bugs.json"
SOUND_SECONDS = 900


def main() -> int:
    """Do it; return the exit status."""
    asked = _arguments()
    bugs = [bug for bug in BUGS if all(word in f"{bug.name} {bug.file}" for word in asked.only)]
    if not bugs:
        print("no planted bug has these words in its name or file", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="planted-") as folder, ExitStack() as stack:
        copies = [stack.enter_context(copy_of_checkout(Path(folder), str(n))) for n in range(asked.jobs)]
        if not asked.skip_sound and (why := _unsound(copies[0], bugs)):
            print(f"The tests fail without any planted bug; mend that first: {why}", file=sys.stderr)
            return 2
        verdicts = _all(copies, bugs, asked)
    _write(verdicts)
    if asked.guide:
        write_guide(verdicts)
    return _told(verdicts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="bugs with these words in name or file")
    parser.add_argument("--jobs", type=int, default=2, help="bugs looked for at the same time (default 2)")
    parser.add_argument("--guide", action="store_true", help="write the table of docs/guide/planted-bugs.md")
    parser.add_argument("--skip-sound", action="store_true", help="do not first see that the tests pass without a bug")
    parser.add_argument("--most", type=int, default=1, help="go on until so many checks have noticed a bug (default 1)")
    parser.add_argument("--narrow", action="store_true", help="ask only the tests meant for a bug, not all of them")
    return parser.parse_args()


def _unsound(copy: Copy, bugs: list[Bug]) -> str:
    tests = list(dict.fromkeys(test for bug in bugs for test in bug.tests))
    print(f"{len(bugs)} bugs; first the tests without any ...", flush=True)
    catches, broken = copy.run(tests, SOUND_SECONDS)
    return broken or ", ".join(catch.test for catch in catches)


def _all(copies: list[Copy], bugs: list[Bug], asked: argparse.Namespace) -> list[Verdict]:
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(bug: Bug) -> Verdict:
        copy = free.get()
        try:
            return judge(copy, bug, asked.narrow, asked.most)
        finally:
            free.put(copy)

    started, verdicts = time.monotonic(), []
    with ThreadPoolExecutor(len(copies)) as pool:
        for done in as_completed([pool.submit(one, bug) for bug in bugs]):
            verdicts.append(done.result())
            _progress(verdicts[-1], len(verdicts), len(bugs), time.monotonic() - started)
    place = {bug: number for number, bug in enumerate(bugs)}
    return sorted(verdicts, key=lambda verdict: place[verdict.bug])


def _progress(verdict: Verdict, done: int, of: int, seconds: float) -> None:
    word = "caught  " if verdict.catches else "BROKEN  " if verdict.broken else "SURVIVED"
    how = verdict.catches[0].test if verdict.catches else verdict.broken
    print(f"{done:3}/{of} {seconds:5.0f} s  {word} {verdict.bug.name} ({verdict.seconds:.0f} s) {how}", flush=True)


def _write(verdicts: list[Verdict]) -> None:
    OUT.parent.mkdir(exist_ok=True)
    found = [
        {
            "name": verdict.bug.name,
            "breaks": verdict.bug.breaks,
            "file": verdict.bug.file,
            "caught_by": [{"test": catch.test, "kind": catch.kind} for catch in verdict.catches],
            "broken": verdict.broken,
            "seconds": round(verdict.seconds, 1),
        }
        for verdict in verdicts
    ]
    OUT.write_text(json.dumps(found, indent=1) + "\n")


def _told(verdicts: list[Verdict]) -> int:
    survived = [verdict.bug.name for verdict in verdicts if not verdict.catches]
    print(
        f"{len(verdicts) - len(survived)} of {len(verdicts)} planted bugs caught; {OUT.relative_to(ROOT)} says by what."
    )
    for name in survived:
        print(f"  SURVIVED: {name}")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
