"""The statements inside a function of PL/pgSQL, each with its variables and the place where one may look at it.

PostgreSQL shows a call of a function as one step, whatever happens inside; so its body is cut into statements here,
with PostgreSQL's own scanner. Variables are known by the house's names: `v_…`, `p_…`, and a trigger's NEW, OLD, TG_….

Promises: a statement that it yields is SQL once its variables have values; what it does not understand it leaves out.
Never: changes what a function does.
"""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from doorbuster.database.queries import Cost, Query, parse
from doorbuster.errors import Misconfigured

SLOT = "«{}»"
"""Where a variable's value goes in a template; no SQL has such marks."""
STATEMENTS = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE"})
CUTS = frozenset({";", "THEN", "ELSE", "LOOP", "BEGIN"})
BINDING = frozenset({".", "::"})
OPENING, CLOSING = frozenset("(["), frozenset(")]")
VARIABLE = re.compile(r"(?:v_|p_|tg_)\w+|new|old", re.IGNORECASE)
HEADED = re.compile(r"(-- name: *\w+\n)\s*(-- why:[^\n]*\n)\s*(-- cost:[^\n]*\n)\s*\Z")
FUNCTION = re.compile(r"FUNCTION\s+(\w+)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inner:
    """One statement: `at` is the offset in the body where a look at it may stand, `template` its SQL with slots."""

    name: str
    at: int
    line: int
    template: str
    variables: tuple[str, ...]
    cost: Cost | None = None

    def query(self, sql: str, source: str) -> Query:
        """Return it as a query of the file it stands in; without a cost line of its own it is only measured."""
        return Query(self.name, "a function's own", self.cost or Cost(0, 0), sql, (), source)


@dataclass(frozen=True, slots=True)
class _Word:
    """A token with its text; `head` is the keyword in capitals, or the text of a sign."""

    start: int
    end: int
    text: str

    @property
    def head(self) -> str:
        return self.text.upper()


def statements_of(body: str, function: str) -> list[Inner]:
    """Return a body's statements that read or write tables, in their order."""
    words = list(_words(body))
    begin = next((word.end for word in words if word.head == "BEGIN"), 0)
    loops = {words[place - 1].text for place, word in enumerate(words) if word.head == "IN" and _counts(words, place)}
    found: list[Inner] = []
    for part in _parts(words):
        for told in _statements(part):
            if _touches_rows(told):
                inner = _inner(body, function, part[0], told, loops)
                # What a variable begins with is looked at when all variables have begun.
                found.append(replace(inner, at=max(inner.at, begin)))
    return found


def _counts(words: Sequence[_Word], place: int) -> bool:
    """Say whether an IN belongs to a loop over numbers, whose variable is declared by the loop alone."""
    return place > 1 and words[place - 2].head == "FOR" and words[place + 1].head not in STATEMENTS


def _words(body: str) -> Iterator[_Word]:
    from pglast.parser import scan

    for token in scan(body):
        if not token.name.endswith("COMMENT"):
            yield _Word(token.start, token.end + 1, body[token.start : token.end + 1])


def _parts(words: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Cut a body where a statement may begin: not within brackets, nor within a CASE of an expression."""
    part: list[_Word] = []
    depth = cases = 0
    for word in words:
        depth += (word.text in OPENING) - (word.text in CLOSING)
        merges = bool(part) and part[0].head == "MERGE"
        if depth == 0 and cases == 0 and word.head in ({";"} if merges else CUTS):
            if part:
                yield part
            part = []
            continue
        cases += (word.head == "CASE") - (word.head == "END" and cases > 0)
        part.append(word)


def _statements(part: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Yield the SQL of a part as words: a statement, or the queries within an expression."""
    first, second = part[0].head, part[1].head if len(part) > 1 else ""
    heads = [word.head for word in part]
    if first == "PERFORM" and "FROM" in _outer(part):
        yield [_Word(part[0].start, part[0].end, "SELECT"), *part[1:]]
    elif first in STATEMENTS:
        yield list(part)
    elif first == "RETURN" and second == "QUERY":
        yield list(part[2:])
    elif first == "FOR" and "IN" in heads and part[heads.index("IN") + 1].head in STATEMENTS:
        yield list(part[heads.index("IN") + 1 :])
    elif first != "ELSIF":  # before one there is no place to look from
        yield from _queries_within(part)


def _outer(part: Sequence[_Word]) -> set[str]:
    """Return the words outside all brackets."""
    found, depth = set(), 0
    for word in part:
        depth += (word.text in OPENING) - (word.text in CLOSING)
        if depth == 0:
            found.add(word.head)
    return found


def _queries_within(part: Sequence[_Word]) -> Iterator[list[_Word]]:
    """Yield the outermost queries in brackets."""
    place = 0
    while place < len(part) - 1:
        if part[place].text == "(" and part[place + 1].head == "SELECT":
            end, depth = place + 1, 1
            while depth:
                depth += (part[end].text in OPENING) - (part[end].text in CLOSING)
                end += 1
            yield list(part[place + 1 : end - 1])
            place = end
        else:
            place += 1


def _touches_rows(words: Sequence[_Word]) -> bool:
    heads = {word.head for word in words}
    return bool(heads & {"FROM", "INSERT", "UPDATE", "DELETE", "MERGE"})


def _inner(body: str, function: str, first: _Word, words: Sequence[_Word], loops: AbstractSet[str]) -> Inner:
    line = body.count("\n", 0, words[0].start)
    template, variables = _template(_without_into(words), loops)
    name, cost = f"{function}.{line}", None
    if headed := HEADED.search(body[: first.start]):
        told = parse(f"{headed[1]}{headed[2]}{headed[3]}SELECT 1", function)[0]
        name, cost = told.name, told.cost
    return Inner(name, first.start, line, template, tuple(variables), cost)


def _without_into(words: Sequence[_Word]) -> list[_Word]:
    """Take out INTO with its targets, which is PL/pgSQL's and no part of the SQL."""
    kept: list[_Word] = []
    depth, skips, expects = 0, False, False
    for word in words:
        depth += (word.text in OPENING) - (word.text in CLOSING)
        if skips and (expects or word.text in {",", "."}):
            expects = word.text in {",", "."} or word.head == "STRICT"
            continue
        skips = False
        if word.head == "INTO" and depth == 0 and kept and kept[-1].head not in {"INSERT", "MERGE"}:
            skips = expects = True
            continue
        kept.append(word)
    return kept


def _template(words: Sequence[_Word], loops: AbstractSet[str]) -> tuple[str, list[str]]:
    """Return the SQL with a slot for each variable, or field of one, and what goes into each."""
    pieces: list[str] = []
    variables: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        before = words[place - 1].head if place else ""
        taken = 1
        if (VARIABLE.fullmatch(word.text) or word.text in loops) and before not in {".", "AS"}:
            taken = 3 if _has_field(words, place) else 1
            variable = "".join(each.text for each in words[place : place + taken])
            if variable not in variables:
                variables.append(variable)
            pieces.append(SLOT.format(variables.index(variable) + 1))
        else:
            pieces.append(word.text)
        place += taken
    return _joined(pieces), variables


def _has_field(words: Sequence[_Word], place: int) -> bool:
    following = [word.text for word in words[place + 1 : place + 3]]
    return len(following) == 2 and following[0] == "." and following[1] != "*"


def _joined(pieces: Sequence[str]) -> str:
    """Put words together again, with a space between them but around what binds them."""
    text = ""
    for piece in pieces:
        text = text.rstrip(" ") + piece if piece in BINDING else f"{text}{piece} "
    return text.rstrip(" ")


def place_of(body: str, texts: dict[str, str]) -> tuple[str, int]:
    """Return the file that a body stands in and the line where it begins; raise Misconfigured when it is in none."""
    for source, text in texts.items():
        at = text.find(body)
        if at >= 0:
            return source, text.count("\n", 0, at) + 1
    raise Misconfigured("a function of the database is in no file of this version: run `doorbuster migrate`")
