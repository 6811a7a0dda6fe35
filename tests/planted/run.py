"""Plants one bug in a copy of the checkout, runs the tests there, and says which of them noticed."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.planted.bug import ROOT, Bug

PARTS = ("doorbuster", "tests", "docs", "examples", "pyproject.toml", "README.md", "ARCHITECTURE.md", "CHANGELOG.md")
WIDE = ("tests/rooms", "tests/plans", "tests/stories", "tests/races")
FIRST_SECONDS, WIDE_SECONDS = 150, 420


@dataclass(frozen=True)
class Catch:
    """A test that failed because of a bug, and what noticed: a constraint, the auditor, a property or the test."""

    test: str
    kind: str


@dataclass(frozen=True)
class Verdict:
    """What became of one planted bug; without a catch it survived. `broken` says that nothing could run at all."""

    bug: Bug
    catches: tuple[Catch, ...]
    seconds: float
    broken: str = ""


@dataclass
class Copy:
    """A copy of the checkout of one's own; what is planted in it is taken out again."""

    root: Path
    _changes: int = field(default=0)

    @contextmanager
    def with_bug(self, bug: Bug) -> Iterator[None]:
        """Keep a bug planted for the block."""
        path = self.root / bug.file
        sound = path.read_text()
        bug.plant(self.root)
        self._mark(path)
        try:
            yield
        finally:
            path.write_text(sound)
            self._mark(path)

    def run(self, tests: Sequence[str], seconds: float, most: int = 1) -> tuple[tuple[Catch, ...], str]:
        """Run tests until `most` have failed; return which did, and why nothing could run (or an empty text)."""
        report = self.root / "report.xml"
        report.unlink(missing_ok=True)
        there = [test for test in dict.fromkeys(tests) if (self.root / test).exists()]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--maxfail={most}"]
        command += [f"--junitxml={report}", "--tb=short", *there]
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root), "TMPDIR": str(self.root / "tmp")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
            return (Catch("(the tests did not end)", "time-out"),), ""
        if not report.exists():
            return (), f"pytest ended with {status} and no report"
        return _read(report)

    def _mark(self, path: Path) -> None:
        """Give a file a time of its own, so that what was compiled before is never taken for it."""
        self._changes += 1
        os.utime(path, (time.time() + self._changes, time.time() + self._changes))


@contextmanager
def copy_of_checkout(folder: Path, name: str) -> Iterator[Copy]:
    """Make a copy for the block."""
    root = folder / name
    (root / "tmp").mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        elif source.exists():
            shutil.copy2(source, root / part)
    yield Copy(root)
    shutil.rmtree(root, ignore_errors=True)


def judge(copy: Copy, bug: Bug, narrow: bool = False, most: int = 1) -> Verdict:
    """Plant a bug and look for it: with the tests that are meant for it, then (unless `narrow`) with all.

    The search ends after `most` checks have noticed it.
    """
    started = time.monotonic()
    with copy.with_bug(bug):
        catches, broken = copy.run(bug.tests, FIRST_SECONDS, most)
        if not catches and not broken and not narrow:
            catches, broken = copy.run(WIDE, WIDE_SECONDS)
    return Verdict(bug, catches, time.monotonic() - started, broken)


def _read(report: Path) -> tuple[tuple[Catch, ...], str]:
    catches, errors = [], []
    for case in ET.parse(report).iter("testcase"):
        test = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        failures = [(failure.get("message") or "") + (failure.text or "") for failure in case.findall("failure")]
        catches.extend(Catch(test, _kind(text)) for text in failures)
        errors.extend((error.get("message") or "an error") for error in case.findall("error"))
    return tuple(catches), "" if catches or not errors else f"nothing could run: {errors[0][:200]}"


def _kind(text: str) -> str:
    if "ConstraintViolated" in text or "ViolationError" in text:
        return "constraint"
    if "books_balance" in text or "report.clean" in text:
        return "auditor"
    return "property" if "Falsifying example" in text else "test"
