"""Loads the `.sql` files: a query without a name, a reason and a cost budget is refused.

A file holds statements, each under three comment lines:

    -- name: variants_of_product
    -- why:  the product page offers every variant with its price
    -- cost: rows 100, buffers 420
    SELECT ... WHERE product_id = :product_id LIMIT 100;

The budget is for one call at production size (1 M products, 10 M orders): `rows` returned at the most, `buffers`
(8 KB pages) touched at the most, and, where it cannot be otherwise, `scan TABLE` (a sequential scan is meant) and
`growth linear` (work may grow with the table; without it, it must not). `:name` becomes $1, $2 …; `::cast` and
text in quotes are left alone.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from doorbuster.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call may cost at production size."""

    rows: int
    buffers: int
    scans: tuple[str, ...] = ()
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One named statement, ready for PostgreSQL: `sql` with $1…, and the names of its parameters in that order.

    `sent` is what goes over the wire: the name first, in a comment, so that `pg_stat_activity` tells whose work a
    session does. It leads because the server cuts long texts off at the end.
    """

    name: str
    why: str
    cost: Cost
    sql: str
    parameters: tuple[str, ...]
    source: str = ""
    sent: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Put the text together once: a new string for each call would have to be hashed by the driver each time."""
        object.__setattr__(self, "sent", f"/* q={self.name} */ {self.sql}")


@dataclass
class QueryFile:
    """The queries of one `.sql` file as attributes, read when the first one is asked for."""

    package: str
    file: str
    loaded: dict[str, Query] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Query:
        """Return the query of that name; AttributeError names the file when there is none."""
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self.all()[name]
        except KeyError:
            raise AttributeError(f"{self.package}/{self.file} has no query named {name}") from None

    def all(self) -> dict[str, Query]:
        """Return every query of the file by name."""
        if not self.loaded:
            text = resources.files(self.package).joinpath(self.file).read_text(encoding="utf-8")
            for query in parse(text, source=f"{self.package}/{self.file}"):
                self.loaded[query.name] = query
        return self.loaded


_PACKAGE = Path(__file__).resolve().parent.parent
_SENT_NAME = re.compile(r"/\* q=([a-z][a-z0-9_.]*) \*/")


def name_in(text: str) -> str:
    """Return the name of the query that this text was sent for, or nothing when it is none of ours."""
    match = _SENT_NAME.match(text)
    return match[1] if match else ""


def house_queries() -> dict[str, Query]:
    """Return every statement that the house sends to PostgreSQL, by name; read anew at each call."""
    found: dict[str, Query] = {}
    for path in sorted(_PACKAGE.rglob("*.sql")):
        if path.parent.name != "migrations" and not path.name.endswith((".function.sql", ".sqlite.sql")):
            room = ".".join(("doorbuster", *path.relative_to(_PACKAGE).parts[:-1]))
            queries = parse(path.read_text(encoding="utf-8"), f"{room}/{path.name}")
            found |= {query.name: query for query in queries}
    return found


@cache
def house_functions() -> dict[str, str]:
    """Return the text of the file that makes each of the house's functions, by the function's name; read once."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(_PACKAGE.rglob("*.function.sql"))]
    return {name: text for text in texts for name in _FUNCTION.findall(text)}


def parse(text: str, source: str) -> list[Query]:
    """Read the statements of a `.sql` text; raise Misconfigured with file and line for one that breaks the rules."""
    queries: list[Query] = []
    for line, block in _blocks(text):
        queries.append(_query(block, f"{source}:{line}", source))
    names = [query.name for query in queries]
    for name in names:
        if names.count(name) > 1:
            raise Misconfigured(f"{source}: two queries are named {name}")
    return queries


_FUNCTION = re.compile(r"^CREATE OR REPLACE FUNCTION (\w+)", re.MULTILINE)
_NAME = re.compile(r"^-- name:\s*([a-z][a-z0-9_]*)\s*$")
_WHY = re.compile(r"^-- why:\s*(\S.*)$")
_COST = re.compile(r"^-- cost:\s*(\S.*)$")
_SKIPPED = re.compile(
    r"""
    (?P<skip> '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ | ::\w+ | :=)
    | :(?P<name>[a-z_][a-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)


def _blocks(text: str) -> list[tuple[int, list[str]]]:
    """Cut a file at its `-- name:` lines; anything but comments before the first one is an error of `_query`."""
    blocks: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if _NAME.match(line):
            blocks.append((number, [line]))
        elif blocks:
            blocks[-1][1].append(line)
        elif line.strip() and not line.startswith("--"):
            blocks.append((number, [line]))
    return blocks


def _query(lines: list[str], where: str, source: str) -> Query:
    name = _NAME.match(lines[0])
    if name is None:
        raise Misconfigured(f"{where}: a statement without a `-- name:` line")
    why = _WHY.match(lines[1]) if len(lines) > 1 else None
    if why is None:
        raise Misconfigured(f"{where}: query {name[1]} has no `-- why:` line under its name")
    cost = _COST.match(lines[2]) if len(lines) > 2 else None
    if cost is None:
        raise Misconfigured(f"{where}: query {name[1]} has no `-- cost:` line under its reason")
    body = "\n".join(lines[3:]).strip().rstrip(";").strip()
    if not body:
        raise Misconfigured(f"{where}: query {name[1]} has no statement")
    sql, parameters = _numbered(body)
    return Query(name[1], why[1].strip(), _cost(cost[1], where), sql, parameters, source)


def _cost(text: str, where: str) -> Cost:
    rows = buffers = -1
    scans: list[str] = []
    grows = False
    for part in text.split(","):
        word, _, value = part.strip().partition(" ")
        value = value.strip()
        if word == "rows" and value.isdecimal():
            rows = int(value)
        elif word == "buffers" and value.isdecimal():
            buffers = int(value)
        elif word == "scan" and value.isidentifier():
            scans.append(value)
        elif (word, value) == ("growth", "linear"):
            grows = True
        else:
            raise Misconfigured(
                f"{where}: cost part {part.strip()!r} is none of: rows N, buffers N, scan T, growth linear"
            )
    if rows < 0 or buffers < 0:
        raise Misconfigured(f"{where}: the cost must say `rows N, buffers N`")
    return Cost(rows, buffers, tuple(scans), grows)


def _numbered(body: str) -> tuple[str, tuple[str, ...]]:
    """Turn `:name` into $1, $2 … and return the names in that order."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _SKIPPED.sub(number, body), tuple(names)
