"""Looks at the statements inside the house's functions while the functions run, with the values that they have then.

A function is replaced, in a transaction that is rolled back, by one that has a probe before each of its statements:
the probe runs the statement under EXPLAIN in a subtransaction, undoes it, and keeps the plan. Then the statement itself
runs as ever, so that the next ones find what they would find. Settings of the function (SET enable_seqscan …) hold for
the probe as well. `ASSERT` calls it, because it is the one call that leaves FOUND alone.

Promises: every plan is one that the function itself would have had; nothing stays.
Never: touches a server that is not the review's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from doorbuster.database import QueryFile
from doorbuster.database.pool import Refused
from doorbuster.review.bodies import Inner, place_of, statements_of
from doorbuster.review.catalogue import Subject
from doorbuster.review.plans import Run, prepare, rolled_back, run_of_plan
from doorbuster.review.values import Case, literal

SQL = QueryFile("doorbuster.review", "probes.sql")


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the database, the file it stands in, and what is inside."""

    name: str
    definition: str
    body: str
    source: str
    line: int
    statements: tuple[Inner, ...]

    def probed(self, first: int) -> str:
        """Return its definition with a probe before each statement, numbered from `first`."""
        body = self.body
        for number, inner in reversed(list(enumerate(self.statements, start=first))):
            types = ", ".join(f"pg_typeof({each})::text" for each in inner.variables)
            given = ", ".join(f"({each})::text" for each in inner.variables)
            probe = f" ASSERT pg_temp.probe({number}, ARRAY[{types}]::text[], ARRAY[{given}]::text[]);\n"
            body = body[: inner.at] + probe + body[inner.at :]
        return self.definition.replace(self.body, body)


@dataclass(frozen=True, slots=True)
class Look:
    """What one probe saw: the statement as a query, the values that it had, and the run or why it was refused."""

    subject: Subject
    case: Case
    run: Run | None
    refused: str = ""


class Probes:
    """The functions of one database, ready to be looked into."""

    def __init__(self, connection: Any, functions: Sequence[Function]) -> None:
        """Made by `open_probes`."""
        self._connection = connection
        self._functions = [each for each in functions if each.statements]
        self._inner = [(each, inner) for each in self._functions for inner in each.statements]
        names = "|".join(each.name for each in functions)
        self._calls = re.compile(rf"\b(?:{names})\s*\(") if names else None

    @property
    def names(self) -> set[str]:
        """Return the names of all statements that could be looked at."""
        return {inner.name for _, inner in self._inner}

    def concern(self, subject: Subject) -> bool:
        """Say whether a statement calls a function that has statements inside."""
        return bool(self._calls and self._calls.search(subject.query.sql))

    async def look(self, subject: Subject, case: Case, timeout_ms: int) -> list[Look]:
        """Run a statement with a case's values, its functions probed, and return what the probes saw."""
        arguments = ", ".join(literal(value) for value in case.values)
        await prepare(self._connection, subject.query.sql)
        try:
            async with rolled_back(self._connection, timeout_ms=timeout_ms):
                await self._install()
                await self._connection.execute(f"EXECUTE reviewed({arguments})" if case.values else "EXECUTE reviewed")
                rows = await self._connection.fetch(SQL.what_was_told.sql)
        except Refused as fault:
            return [Look(subject, case, None, str(fault).splitlines()[0])]
        return [self._look(row, f"{subject.name}, {case.name}") for row in rows]

    async def _install(self) -> None:
        await self._connection.execute(SQL.make_probe.sql)
        numbers = list(range(len(self._inner)))
        await self._connection.execute(SQL.ask_for.sql, numbers, [inner.template for _, inner in self._inner])
        first = 0
        for function in self._functions:
            await self._connection.execute(function.probed(first))
            first += len(function.statements)

    def _look(self, row: Any, case: str) -> Look:
        function, inner = self._inner[row["number"]]
        line = function.line + inner.line
        subject = Subject(inner.query(row["sql"], function.source), line, inner.cost is not None)
        given = Case(case, tuple(row["given"]))
        return Look(
            subject, given, None if row["refused"] else run_of_plan(case, row["told"]),
            row["told"] if row["refused"] else "",
        )  # fmt: skip


async def open_probes(connection: Any, texts: dict[str, str]) -> Probes:
    """Read the functions of a database whose files are these texts, by path."""
    functions = []
    for row in await connection.fetch(SQL.functions_of_house.sql):
        statements = tuple(statements_of(row["body"], row["name"]))
        source, line = place_of(row["body"], texts) if statements else ("", 0)
        functions.append(Function(row["name"], row["definition"], row["body"], source, line, statements))
    return Probes(connection, functions)
