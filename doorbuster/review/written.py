"""The indexes that a review proposes, as a migration in the house's form."""

import re
from collections.abc import Sequence
from pathlib import Path

from doorbuster.review.findings import Finding

HEAD = """\
-- Indexes that `doorbuster review` proposes; each was tried on a generated shop.
-- depends: {depends}
-- transactional: false
"""


def write_migration(findings: Sequence[Finding], folder: Path) -> Path | None:
    """Write the next migration with every index that findings propose; return its path, None when there is nothing."""
    wanted = {
        each.sql: each for each in findings if each.rule in {"missing_index", "foreign_key_without_index"} and each.sql
    }
    if not wanted:
        return None
    there = sorted(path.stem for path in folder.glob("*.sql") if "rollback" not in path.name)
    last = there[-1] if there else ""
    number = int(re.match(r"\d*", last)[0] or 0) + 1  # type: ignore[index]
    path = folder / f"{number:04}_indexes_of_review.sql"
    parts = [f"-- for {each.subject}: {each.message}\n{sql}\n" for sql, each in wanted.items()]
    path.write_text(HEAD.format(depends=last) + "\n" + "\n".join(parts), encoding="utf-8")
    return path
