"""When the books were last audited, and what was found: a small file in the home folder.

Promises: written whole or not at all; a shop that was never audited has none.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from doorbuster.audit.report import Report

FILE = "audit.json"


@dataclass(frozen=True, slots=True)
class LastAudit:
    """The end of the last audit, its verdict, and what it found; what an older release wrote has the verdict alone."""

    at: datetime
    clean: bool
    report: Report | None = None


def remember(home: Path, audit: LastAudit) -> None:
    """Keep it; what the disk refuses is not kept, because the audit itself was done all the same."""
    half_written = (home / FILE).with_suffix(".half")
    with suppress(OSError):
        half_written.write_bytes(msgspec.json.encode(audit))
        half_written.replace(home / FILE)


def last_audit(home: Path) -> LastAudit | None:
    """Return it, or None when there was none yet."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=LastAudit)
    except (OSError, msgspec.DecodeError):
        return None
