"""Opens a file of any sensible encoding and reads it line by line in bounded memory, or says in one line why not."""

import codecs
import csv
import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from doorbuster.errors import DoorbusterError

LINE_CHARACTERS_MAX = 2_000_000
FIELD_CHARACTERS_MAX = 1_000_000

_SNIFFED_BYTES = 65_536


class Unreadable(DoorbusterError):
    """The file can't be read any further; the message says what is wrong with it and, where there is one, the mend."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open file: `stream` gives its bytes unpacked, `position()` how many packed bytes of `size` were read."""

    path: Path
    stream: BinaryIO
    raw: BinaryIO
    size: int
    head: bytes

    def position(self) -> int:
        """Return how many bytes of the file have been read so far."""
        return self.raw.tell()


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a CSV file under its normalised headings, with the line it starts on."""

    line: int
    cells: dict[str, str]
    mended: bool = False

    def __getitem__(self, heading: str) -> str:
        """Return the cell under a heading, stripped; empty when the file has no such column."""
        return self.cells.get(heading, "")


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file, packed with gzip or not, for the block; raise Unreadable when that can't be done."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if packed else raw as unpacked:
                stream = cast("BinaryIO", unpacked)
                head = stream.read(_SNIFFED_BYTES)
                stream.seek(0)
                yield Source(path, stream, raw, os.fstat(raw.fileno()).st_size, _checked(path, head))
    except IsADirectoryError:
        raise Unreadable(f"{path} is a folder; name one file of it") from None
    except FileNotFoundError:
        raise Unreadable(f"{path} doesn't exist") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise Unreadable(f"{path} is a damaged gzip file: {fault}") from None
    except OSError as fault:
        raise Unreadable(f"{path} can't be read: {fault.strerror or fault}") from None


def encoding_of(head: bytes) -> str:
    """Return the encoding that a byte order mark declares; UTF-8 without one."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig"


def lines_of(source: Source) -> Iterator[tuple[str, bool]]:
    """Yield the lines with their ends, and whether one wasn't the UTF-8 it should be and was read as Windows-1252."""
    text = io.TextIOWrapper(source.stream, encoding_of(source.head), errors="surrogateescape", newline="")
    number = 0
    try:
        while line := _next_line(text, number, source):
            number += 1
            if len(line) >= LINE_CHARACTERS_MAX:
                raise Unreadable(f"line {number} of {source.path} is longer than {LINE_CHARACTERS_MAX:,} characters")
            mended = _mended(line)
            yield mended, mended is not line
    finally:
        if not source.stream.closed:
            text.detach()  # so that the wrapper, when it goes, doesn't close what `opened` closes


def _next_line(text: io.TextIOWrapper, number: int, source: Source) -> str:
    try:
        return text.readline(LINE_CHARACTERS_MAX)
    except UnicodeError:
        raise Unreadable(
            f"line {number + 1} of {source.path} is not the UTF-16 text that its beginning declares"
        ) from None


def rows_of(source: Source) -> Iterator[Row]:
    """Yield the records of a CSV file (comma, semicolon or tab) under their normalised headings."""
    records = _records(source)
    _, headings, _ = next(records, (0, [], False))
    names = [normalised(heading) for heading in headings]
    for line, record, mended in records:
        if any(record):
            yield Row(line, dict(zip(names, (cell.strip() for cell in record), strict=False)), mended)


def headings_of(source: Source) -> list[str]:
    """Return the first record of what was sniffed, normalised: what the format is told by."""
    text = source.head.decode(encoding_of(source.head), errors="replace")
    first = text.lstrip("\ufeff\r\n").splitlines()[:1]
    return [normalised(cell) for cell in next(csv.reader(first, delimiter=_delimiter(first[0])), [])] if first else []


def normalised(heading: str) -> str:
    """Write a heading as we compare it: small letters, single blanks, no byte order mark."""
    return " ".join(heading.replace("\ufeff", "").lower().split())


def _records(source: Source) -> Iterator[tuple[int, list[str], bool]]:
    """Yield each record with the line it starts on and whether any of its lines was mended."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    mended_lines = 0

    def plain_lines() -> Iterator[str]:
        nonlocal mended_lines
        for line, mended in lines_of(source):
            mended_lines += mended
            yield line

    first = source.head.decode(encoding_of(source.head), errors="replace").lstrip("\r\n").splitlines()[:1]
    reader = csv.reader(plain_lines(), delimiter=_delimiter(first[0] if first else ""))
    while True:
        line, mended_before = reader.line_num + 1, mended_lines
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Unreadable(
                f"line {line} of {source.path} has a cell of more than {FIELD_CHARACTERS_MAX:,} characters: "
                "a quotation mark is probably not closed"
            ) from None
        yield line, record, mended_lines > mended_before


def _delimiter(first_line: str) -> str:
    return max(",;\t", key=first_line.count)


def _mended(line: str) -> str:
    """Return the line, read as Windows-1252 where its bytes weren't UTF-8."""
    if line.isascii():
        return line
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return line


def _checked(path: Path, head: bytes) -> bytes:
    if not head.strip():
        raise Unreadable(f"{path} is empty")
    if head.startswith(b"PK\x03\x04"):
        raise Unreadable(f"{path} is a zip or Excel file; unpack it, or save the sheet as CSV, and import that")
    if encoding_of(head) != "utf-16" and head.count(0) > len(head) // 20:
        raise Unreadable(f"{path} is not a text file; catalogues are CSV or YAML, gzipped or not")
    return head
