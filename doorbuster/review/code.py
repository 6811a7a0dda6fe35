"""What stands around the statements, read from the Python files: nothing is imported or run.

Found are SQL in strings, two names for one statement, a statement in a loop (N+1), calls that block the event loop, and
a transaction that is kept open while something other than PostgreSQL is waited for.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorbuster.review.catalogue import Subject
from doorbuster.review.findings import Finding, Level

SQL_TEXT = re.compile(
    r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|FUNCTION|DATABASE)|"
    r"ALTER\s+TABLE|DROP\s+(TABLE|DATABASE))\b",
    re.DOTALL,
)
"""Statements as a sentence would not begin: a verb in capitals with the word that follows it in SQL."""

ASKING = frozenset(
    {"fetch", "fetch_one", "fetchrow", "fetchval", "fetchall", "fetchone", "execute", "executemany", "scalars"}
)
BLOCKING = {
    "time.sleep": "await asyncio.sleep()", "requests.": "aiohttp or httpx.AsyncClient", "urllib.request.": "aiohttp",
    "subprocess.run": "asyncio.create_subprocess_exec", "subprocess.check_": "asyncio.create_subprocess_exec",
    "subprocess.call": "asyncio.create_subprocess_exec", "os.system": "asyncio.create_subprocess_exec",
    "socket.create_connection": "asyncio.open_connection", "psycopg.connect": "psycopg.AsyncConnection.connect",
    "smtplib.": "aiosmtplib", "sqlite3.connect": "asyncio.to_thread",
}  # fmt: skip
"""Beginning of a call that waits without letting others go on -> what to write instead."""


@dataclass(frozen=True)
class Source:
    """One Python file: its path as it is told, and its tree."""

    path: str
    tree: ast.Module


def sources_in(folder: Path, told_from: Path) -> list[Source]:
    """Return the Python files of a folder, parsed; hidden folders and environments are left out."""
    return [
        Source(str(path.relative_to(told_from)), ast.parse(path.read_text(encoding="utf-8"), str(path)))
        for path in sorted(folder.rglob("*.py"))
        if not any(part.startswith(".") or part in {"node_modules", "site-packages"} for part in path.parts[:-1])
    ]


def judge_code(sources: Sequence[Source], allowed: Sequence[str] = ()) -> Iterator[Finding]:
    """Yield what is wrong in these files; SQL may be in strings of the `allowed` ones."""
    for source in sources:
        if not source.path.endswith(tuple(allowed) or ("\0",)):
            yield from _hidden_sql(source)
        for function in ast.walk(source.tree):
            if isinstance(function, ast.AsyncFunctionDef):
                yield from _blocking(source, function)
                yield from _held(source, function)
                yield from _loops(source, function)


def judge_twins(subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Yield statements that have two names; comments, blanks and names of parameters make no difference."""
    first: dict[str, Subject] = {}
    for subject in subjects:
        text = _normal(subject.query.sql)
        other = first.setdefault(text, subject)
        if other is not subject:
            words = f"{subject.name} is the same statement as {other.name} ({other.query.source}:{other.line})"
            yield Finding("twin_query", Level.BREACH, subject.name, subject.query.source, subject.line, words,
                          f"use {other.name}: one statement, one name, one budget")  # fmt: skip


def _normal(sql: str) -> str:
    import pglast

    return str(pglast.fingerprint(sql)) + re.sub(r"\s+", " ", re.sub(r"--[^\n]*|\$\d+", "", sql)).strip().lower()


def _hidden_sql(source: Source) -> Iterator[Finding]:
    docstrings = {id(node.body[0].value) for node in ast.walk(source.tree)
                  if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                  and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
            continue
        if SQL_TEXT.search(node.value):
            words = f"SQL in a string ({node.value.strip()[:40]!r}…) is in no review"
            yield _at(source, node.lineno, "sql_in_python", words, "give it a name in a .sql file")


def _blocking(source: Source, function: ast.AsyncFunctionDef) -> Iterator[Finding]:
    for call in _own_calls(function):
        name = ast.unparse(call.func)
        for beginning, instead in BLOCKING.items():
            if name == beginning or (beginning[-1] in "._" and name.startswith(beginning)):
                words = f"{name}() stops every request of this process while {function.name}() waits"
                yield _at(source, call.lineno, "blocking_call", words, instead)


def _held(source: Source, function: ast.AsyncFunctionDef) -> Iterator[Finding]:
    """Find awaits inside a transaction that have nothing to do with it."""
    for block in ast.walk(function):
        if not isinstance(block, ast.AsyncWith):
            continue
        for item in block.items:
            name = _transaction(item)
            if name is None:
                continue
            for node in (inner for statement in block.body for inner in ast.walk(statement)):
                if isinstance(node, ast.Await) and not _about(node, name, block):
                    words = f"{ast.unparse(node)[:60]} is waited for while a connection and its locks are held"
                    yield _at(source, node.lineno, "held_connection", words, "wait before the transaction or after it")


def _transaction(item: ast.withitem) -> str | None:
    """Return the name that a transaction or connection is given, None when this opens neither."""
    call = item.context_expr
    if isinstance(call, ast.Await):
        call = call.value
    if not isinstance(call, ast.Call) or not isinstance(item.optional_vars, ast.Name):
        return None
    called = ast.unparse(call.func).rsplit(".", 1)[-1]
    return item.optional_vars.id if called in {"transaction", "acquire", "connection", "begin"} else None


def _about(node: ast.Await, name: str, block: ast.AsyncWith) -> bool:
    """Say whether what is awaited uses the transaction, or something that was made from it in the block."""
    made = {name}
    for inner in ast.walk(block):
        if isinstance(inner, ast.Assign) and made & _names(inner.value):
            made |= {target.id for target in inner.targets if isinstance(target, ast.Name)}
    return bool(made & _names(node))


def _loops(source: Source, function: ast.AsyncFunctionDef) -> Iterator[Finding]:
    """Find a statement in a loop over what another statement returned: N+1."""
    fetched: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and _asks(node.value):
            fetched |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    for loop in ast.walk(function):
        if isinstance(loop, ast.For) and (fetched & _names(loop.iter) or _asks(loop.iter)):
            for statement in loop.body:
                if found := next(
                    (call for call in ast.walk(statement) if isinstance(call, ast.Await) and _asks(call)), None
                ):
                    words = f"{function.name}() asks the database once for each row that it was given (N+1)"
                    yield _at(source, found.lineno, "n_plus_one", words, "ask once for all: WHERE id = ANY ($1)")
                    break


def _asks(node: ast.expr) -> bool:
    return any(isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ASKING
               for call in ast.walk(node))  # fmt: skip


def _own_calls(function: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    """Yield the calls that the function itself makes; functions inside it may run in a thread."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting += ast.iter_child_nodes(node)


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _at(source: Source, line: int, rule: str, words: str, remedy: str) -> Finding:
    return Finding(rule, Level.BREACH, source.path, source.path, line, words, remedy)
