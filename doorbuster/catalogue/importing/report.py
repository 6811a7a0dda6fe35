"""Counts what an import did, keeps the first rejections to show, and writes all of them to a CSV file if asked."""

import csv
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from doorbuster.catalogue.importing.drafts import Noted, Rejected
from doorbuster.catalogue.importing.files import Unreadable

EXAMPLES_MAX = 20


class RejectsWriter(Protocol):
    """Where every rejection goes besides the report."""

    def writerow(self, row: list[object], /) -> object:
        """Write one row."""
        ...


@dataclass
class Report:
    """What happened: counts by name, rejected rows by reason, notes, and the first rejections in full."""

    file: str
    format: str
    counts: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    examples: list[Rejected] = field(default_factory=list)
    seconds: float = 0.0
    rejects: RejectsWriter | None = None

    def reject(self, rejected: Rejected) -> None:
        """Count a rejected row, and keep or write it."""
        self.rejected[rejected.reason] += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(rejected)
        if self.rejects is not None:
            self.rejects.writerow([rejected.line, rejected.subject, rejected.reason, rejected.detail])

    def note(self, noted: Noted) -> None:
        """Count what went in otherwise than it stood in the file."""
        if noted.count:
            self.notes[noted.note] += noted.count

    def as_document(self) -> dict[str, object]:
        """Return everything as a program reads it."""
        return {
            "file": self.file,
            "format": self.format,
            "counts": dict(self.counts),
            "rejected": dict(self.rejected),
            "notes": dict(self.notes),
            "first_rejected": [
                {"line": each.line, "subject": each.subject, "reason": each.reason, "detail": each.detail}
                for each in self.examples
            ],
            "seconds": round(self.seconds, 2),
            "peak_memory_bytes": peak_memory_bytes(),
        }


def peak_memory_bytes() -> int:
    """Return the most memory this process ever had resident (Linux counts it in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def rejects_file(path: Path | None) -> Iterator[RejectsWriter | None]:
    """Open the CSV file that takes every rejection; None when nobody asked for one."""
    if path is None:
        yield None
        return
    try:
        file = path.open("w", newline="", encoding="utf-8")
    except OSError as fault:
        raise Unreadable(f"the rejects can't be written to {path}: {fault.strerror}") from None
    with file:
        writer = csv.writer(file)
        writer.writerow(["line", "subject", "reason", "detail"])
        yield writer
