"""What the last review measured, kept in the home folder, so that the control room can hold real calls against it."""

from pathlib import Path

import msgspec

from doorbuster.review.result import Result

FILE = "review.json"


class Remembered(msgspec.Struct, frozen=True):
    """One statement's worst case in the last review: milliseconds and buffers a call, in a shop of so many orders."""

    milliseconds: float
    buffers: int
    orders: int


def remember(result: Result, home: Path) -> None:
    """Keep what a review measured; the statements that it did not run keep what they had."""
    kept = recall(home)
    for verdict in result.verdicts:
        if verdict.worst is not None:
            worst = verdict.worst
            kept[verdict.subject.name] = Remembered(round(worst.milliseconds, 3), worst.buffers, result.orders)
    (home / FILE).write_bytes(msgspec.json.encode(kept))


def recall(home: Path) -> dict[str, Remembered]:
    """Return what was kept, by the statement's name; nothing when there was no review or the file is damaged."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=dict[str, Remembered])
    except (OSError, msgspec.DecodeError):
        return {}
