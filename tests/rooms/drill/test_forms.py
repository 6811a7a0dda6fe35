"""What a scenario may say, and how a mistake in it is told."""

import gzip
import os
import random
from pathlib import Path

import pytest

from doorbuster.drill import ground, reading, starting
from doorbuster.drill.arrivals import along, busiest, read_trace, replayed
from doorbuster.drill.faults.known import CHAOS, FAULTS, KNOWN
from doorbuster.errors import Misconfigured

INCIDENT = "2024-06-18-flash-sale"
TEXT = (reading.OWN_SCENARIOS / "dropped-index.toml").read_text()


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('kind = "drop-index"', 'kind = "drop-indx"', "did you mean `drop-index`?"),
        ("hurt_share", "hurt_shares", "did you mean `hurt_share`?"),
        ("products = 150_000", "produts = 1", "did you mean `products`?"),
        ('what = "products_search"', "", "the fault `drop-index` asks for `what`"),
        ('what = "products_search"', 'what = "a; b"', "`what` is a name in PostgreSQL"),
        ("mix = { visit = 0.3, look = 0.7 }", "mix = { look = 0.7, louk = 0.3 }", "did you mean `look`?"),
        ("points = [[0, 30], [56, 30]]", "points = [[5, 15], [2, 15]]", "`points` need at least two moments"),
        ("points = [[0, 30], [56, 30]]", "", "give either `shoppers`"),
        ("divided = true", 'environment = { PORT = "1" }', "`PORT` is the drill's own to choose"),
        ("divided = true", 'environment = { PAYMENT_KEY = "k" }', "never pays with real money"),
        ("hurt_share = { most = 0.05 }", "hurt_share = {}", "give `most`, `least` or both"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(right: str, wrong: str, told: str) -> None:
    text = TEXT.replace(right, wrong, 1)

    with pytest.raises(Misconfigured) as caught:
        reading.parse(text, "my.toml", "my")

    assert str(caught.value).startswith("my.toml, line ")
    assert told in str(caught.value)


def test_a_bad_fault_is_found_on_its_own_line_and_not_on_the_first_fault_s() -> None:
    text = TEXT + '\n[[when.faults]]\nkind = "drop-index"\nwhat = "b"\nat_secnds = 3\n'

    with pytest.raises(Misconfigured, match=rf"line {text.count(chr(10))}, .*did you mean `at_seconds`"):
        reading.parse(text, "my.toml", "my")


def test_a_mistake_in_what_was_different_then_is_told_too() -> None:
    with pytest.raises(Misconfigured, match=r"unknown field `unitz`.*did you mean `units`"):
        reading.parse(TEXT + "\n[as_it_was.given]\nunitz = 3\n", "my.toml", "my")


def test_as_it_was_lays_its_tables_over_and_replaces_what_must_hold() -> None:
    is_ = reading.load(INCIDENT)
    was = reading.as_it_was(is_)

    assert was.name == f"{INCIDENT}-as-it-was"
    assert was.given.without_indexes
    assert (was.given.units, was.when.points) == (is_.given.units, is_.when.points)
    assert was.then["hurt_share"].least == 0.5
    assert "unsold_units" not in was.then


def test_a_drill_that_tells_of_no_other_time_cannot_be_played_as_it_was() -> None:
    with pytest.raises(Misconfigured, match=r"give it a table \[as_it_was\]"):
        reading.as_it_was(reading.load("opening"))


@pytest.mark.parametrize("name", reading.names())
def test_every_fault_of_our_drills_happens_while_the_crowd_is_there(name: str) -> None:
    when = reading.load(name).when
    leaves = (when.points[-1][0] if when.points else when.seconds) - when.opens_after_seconds

    assert all(fault.at_seconds < leaves for fault in when.faults)


def test_what_breaks_or_changes_a_shop_is_only_done_to_one_of_the_drill_s_own() -> None:
    assert ground.needs_own_shop(reading.load("worker-crash"))
    assert ground.needs_own_shop(reading.load(INCIDENT))
    assert not ground.needs_own_shop(reading.load("opening"))


def test_the_file_to_begin_with_can_be_played_as_it_is(tmp_path: Path) -> None:
    path = starting.write("sunday-sale", tmp_path)

    assert reading.load(str(path)).name == "sunday-sale"
    with pytest.raises(Misconfigured, match="is there already"):
        starting.write("sunday-sale", tmp_path)
    with pytest.raises(Misconfigured, match="small letters"):
        starting.write("../etc", tmp_path)


def test_what_is_commented_out_in_the_file_to_begin_with_is_right_too(tmp_path: Path) -> None:
    text = starting.write("all", tmp_path).read_text()
    begins = text.index("# [[when.faults]]")
    fault = text[begins : text.index("\n\n", begins)].replace("\n# ", "\n").removeprefix("# ")
    given = [line[2:] for line in text.splitlines() if line.startswith("# ") and "=" in line and "[when]" not in line]
    settings = [
        line for line in given if line.split(" ")[0] in ("workers", "products", "orders", "divided", "commands")
    ]
    whole = text.replace("limit_per_customer = 1\n", "limit_per_customer = 1\n" + "\n".join(settings) + "\n")

    reading.parse(whole.replace("[then]", fault + "\n[then]"), "all.toml", "all")


def test_every_fault_stands_in_one_table_and_says_what_happens() -> None:
    assert len(KNOWN) == len(FAULTS) > 40, "no name is there twice"
    assert not any(fault.asks_for for fault in CHAOS), "chaos has no words to give"
    assert all(known.what for known in KNOWN.values())


def test_arrivals_follow_a_curve() -> None:
    moments = along([(0, 0), (10, 100), (20, 100)], random.Random(3))

    assert moments == sorted(moments)
    assert moments[0] >= 0
    assert moments[-1] <= 20
    early, late = sum(at < 5 for at in moments), sum(at >= 15 for at in moments)
    assert 80 < early < 180
    assert 400 < late < 600


def test_a_trace_keeps_its_shape_when_it_is_scaled() -> None:
    moments = replayed([10, 0, 30, 0], 400, 8.0, random.Random(3))

    assert len(moments) == 400
    assert all(at < 2 or 4 <= at < 6 for at in moments)
    assert 250 < sum(at >= 4 for at in moments) < 350


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("3\n0\n2\n", [3, 0, 2]),
        ("period,count\n1998-04-30 21:30:00,2\n1998-04-30 21:31:00,11\n", [2, 11]),
        (
            "TIMESTAMP,Tokens\n2023-11-16 18:15:46.68,374\n2023-11-16 18:15:46.99,1\n2023-11-16 18:15:48.1,5\n",
            [2, 0, 1],
        ),
    ],
)
def test_a_trace_is_counts_or_moments_packed_or_not(tmp_path: Path, text: str, counts: list[int]) -> None:
    plain, packed = tmp_path / "trace.csv", tmp_path / "trace.csv.gz"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))

    assert read_trace(plain) == read_trace(packed) == counts


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"when,what\nyesterday,much\n", "neither counts nor moments"),
        (b"3\nnan\n", "neither counts nor moments"),
        (b"1000-01-01 00:00:00,1\n2000-01-01 00:00:00,1\n", "more than a year apart"),
        (b"3\n-1\n", "fewer than no requests"),
        (b"0\n0\n", "no requests"),
        (b"", "no requests"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_what_is_no_trace_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "trace.csv"
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match=why):
        read_trace(path)


@pytest.mark.parametrize("name", ["gone.csv", "torn.csv.gz", ""])
def test_a_trace_that_cannot_be_opened_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "torn.csv.gz").write_bytes(gzip.compress(b"3\n" * 1000)[:-9])
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_trace(tmp_path / name)


def test_the_busiest_part_of_a_trace_is_a_run_of_intervals() -> None:
    assert busiest([1, 9, 0, 5, 6, 2], 2) == [5, 6]
    assert busiest([1, 1, 1], 2) == [1, 1]
    assert busiest([1, 2], 0) == busiest([1, 2], 7) == [1, 2]


@pytest.mark.parametrize("name", [name for name in reading.names() if reading.load(name).when.trace])
def test_every_drill_with_a_trace_has_it(name: str) -> None:
    assert sum(reading.load(name).trace_counts()) > 1000


@pytest.mark.parametrize("name", ["azure-llm-2023", "nasa-http-1995-07", "worldcup98-per-minute"])
def test_recorded_traffic_of_others_can_be_played(name: str) -> None:
    folder = Path(os.environ.get("DOORBUSTER_SHARED_DATA") or Path(__file__).parents[4] / "shared" / "data")
    found = next(folder.glob(f"traffic/{name}*.gz"), None)
    if found is None:
        pytest.skip(f"no trace {name} in {folder}; DOORBUSTER_SHARED_DATA names the folder")

    assert len(replayed(busiest(read_trace(found), 240), 100, 10.0, random.Random(3))) == 100
