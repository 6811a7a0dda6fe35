"""What a planted bug is, and how it gets into a copy of the checkout."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Bug:
    """One mistake: in `file`, `old` (which stands there once) becomes `new`; `tests` are asked first.

    `breaks` is the promise that the mistake breaks, in a word or two.
    """

    name: str
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def plant(self, root: Path) -> None:
        """Put the mistake into the checkout at `root`; raise ValueError when its place is not there exactly once."""
        path = root / self.file
        path.write_text(self.planted(path.read_text()))

    def planted(self, text: str) -> str:
        """Return a file's text with the mistake in it."""
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.name!r}: its place in {self.file} is there {found} times, not once")
        return text.replace(self.old, self.new)


def bugs_of(file: str, *tests: str) -> "Planter":
    """Return a planter for one file, whose bugs are looked for by `tests` first."""
    return Planter(file, tests)


@dataclass(frozen=True)
class Planter:
    """Makes the bugs of one file."""

    file: str
    tests: tuple[str, ...]

    def bug(self, name: str, breaks: str, old: str, new: str, *more: str) -> Bug:
        """Return a bug of this file; `more` are further tests to ask first."""
        return Bug(name, breaks, self.file, old, new, (*more, *self.tests))
