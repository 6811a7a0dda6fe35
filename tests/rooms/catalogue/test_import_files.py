"""Files as they come: packed, in other encodings, damaged, huge. Each is read, or refused in one clear line."""

import resource
from pathlib import Path

import pytest

from doorbuster.catalogue.importing import shopify
from doorbuster.catalogue.importing.files import Unreadable, opened, rows_of
from tests.rooms.catalogue.desk import SHOPIFY, Desk

HAT = f"{SHOPIFY}\nhat,Caf\u00e9 hat,,,,,,A,5,1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_common_encodings_are_read_alike(desk: Desk, encoding: str) -> None:
    await desk.raw(HAT.encode(encoding))

    assert (await desk.product("hat")).title == "Café hat"


async def test_text_that_is_not_utf_8_is_read_as_windows_1252_and_noted(desk: Desk) -> None:
    report = await desk.raw(HAT.encode("cp1252"))

    assert report.notes["lines that were not UTF-8 were read as Windows-1252"] == 1


async def test_a_packed_file_is_unpacked_whatever_its_name(desk: Desk) -> None:
    await desk.raw(HAT.encode(), "catalogue.csv.gz")

    assert (await desk.product("hat")).units == 1


@pytest.mark.parametrize("delimiter", [";", "\t"])
async def test_semicolons_and_tabs_part_cells_as_well(desk: Desk, delimiter: str) -> None:
    await desk.raw(HAT.replace(",", delimiter).encode())

    assert (await desk.product("hat")).variants[0].sku == "A"


async def test_a_nul_byte_in_a_row_does_no_harm(desk: Desk) -> None:
    await desk.raw(HAT.replace("Caf", "C\x00af").encode())

    assert (await desk.product("hat")).title == "Café hat"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "save the sheet as CSV"),
        (bytes(range(256)) * 16 + bytes(4096), "not a text file"),
        (b"\x1f\x8b\x08\x00broken", "damaged gzip"),
        (b"colour,size\nred,3\n", "no format we know"),
        (f'{SHOPIFY}\nhat,"{"x" * 1_100_000}'.encode(), "quotation mark is probably not closed"),
        (f"{SHOPIFY}\n".encode() + b"x" * 2_100_000, "longer than 2,000,000 characters"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_in_one_line(desk: Desk, content: bytes, told: str) -> None:
    with pytest.raises(Unreadable, match=told) as refusal:
        await desk.raw(content)

    assert "\n" not in str(refusal.value)


async def test_a_file_that_is_not_there_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="doesn't exist"), opened(tmp_path / "nowhere.csv"):
        pass


async def test_a_file_that_breaks_off_keeps_the_products_before(desk: Desk) -> None:
    rows = "".join(f"h{n},Hat,,,,,,S{n},5,1\n" for n in range(1200))
    with pytest.raises(Unreadable):
        await desk.raw(f'{SHOPIFY}\n{rows}x,"{"x" * 1_100_000}'.encode())

    assert await desk.rows("SELECT count(*) FROM products") == [(1000,)]


def test_reading_needs_no_more_memory_for_a_long_file_than_for_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    body = "<p>" + "words " * 300 + "</p>"
    with path.open("w") as file:
        file.write(SHOPIFY + "\n")
        file.writelines(f"h{n},Hat {n},{body},Acme,Hats,,,S{n},5,1\n" for n in range(40_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with opened(path) as source:
        count = sum(1 for _ in shopify.read(rows_of(source), "GBP"))

    assert count == 40_000
    assert path.stat().st_size > 70_000_000
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 20_000_000
