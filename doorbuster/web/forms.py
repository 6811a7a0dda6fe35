"""A form comes in, a frozen dataclass or sentences next to its fields come out; what was typed is kept.

    @dataclass(frozen=True)
    class Contact:
        email: str = email("E-mail")
        name: str = text("Name", most=100)
        quantity: int = whole("Quantity", least=1, most=10)

    form = await read_form(request, Contact)
    if form.value is None:
        return show(request, "shop/checkout.html", status=422, form=form)

Promises: a form with mistakes is shown again as it was typed, each mistake beside its field.
Never: raises for what a person typed; only a body that is no form at all is 400.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from starlette.requests import Request

T = TypeVar("T")

TEXT_CHARACTERS_MAX = 2_000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Mistake(Exception):
    """What is wrong with one field, as a sentence that says how to mend it."""


@dataclass(frozen=True)
class Form(Generic[T]):
    """A form as it was typed, the mistakes by field, and the value when there are none."""

    typed: Mapping[str, str] = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)
    value: T | None = None

    def with_mistake(self, name: str, sentence: str) -> "Form[T]":
        """Return the form with one more mistake, for what only a verb can know."""
        return Form(self.typed, {**self.mistakes, name: sentence})


async def read_form(request: Request, kind: type[T]) -> Form[T]:
    """Read the request's form into `kind`."""
    async with request.form(max_files=0, max_fields=200) as data:
        typed = {name: value for name, value in data.items() if isinstance(value, str)}
    return check(typed, kind)


def check(typed: Mapping[str, str], kind: type[T]) -> Form[T]:
    """Turn typed values into `kind`, or say what is wrong with which field."""
    values: dict[str, Any] = {}
    mistakes: dict[str, str] = {}
    for each in fields(kind):  # type: ignore[arg-type]  # every `kind` is a dataclass
        parse: Callable[[str], Any] = each.metadata["parse"]
        try:
            values[each.name] = parse(_CONTROL.sub("", typed.get(each.name, "")).strip())
        except Mistake as mistake:
            mistakes[each.name] = str(mistake)
    return Form(typed, mistakes) if mistakes else Form(typed, {}, kind(**values))


def own(parse: Callable[[str], Any]) -> Any:
    """Declare a field with its own parser: text in, value out, Mistake when it cannot be."""
    return field(metadata={"parse": parse})


def text(label: str, most: int = TEXT_CHARACTERS_MAX, required: bool = True) -> Any:
    """Declare a text of at most `most` characters."""

    def parse(typed: str) -> str:
        if required and not typed:
            raise Mistake(f"{label} is needed.")
        if len(typed) > most:
            raise Mistake(f"{label} has {len(typed)} characters; {most} is the most.")
        return typed

    return own(parse)


def email(label: str, required: bool = True) -> Any:
    """Declare an e-mail address; only what cannot possibly be one is refused."""

    def parse(typed: str) -> str:
        if not typed and required:
            raise Mistake(f"{label} is needed.")
        if typed and (len(typed) > 254 or not _EMAIL.fullmatch(typed)):
            raise Mistake(f"{label} should look like name@example.com.")
        return typed

    return own(parse)


def whole(label: str, least: int, most: int, default: int | None = None) -> Any:
    """Declare a whole number from `least` to `most`; left empty it is `default`, or a mistake when that is None."""

    def parse(typed: str) -> int:
        if not typed and default is not None:
            return default
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", typed):
            raise Mistake(f"{label} must be a whole number.")
        if not least <= int(typed) <= most:
            raise Mistake(f"{label} must be from {least} to {most}.")
        return int(typed)

    return own(parse)


def moment(label: str) -> Any:
    """Declare a date and time, which is UTC as it stands."""

    def parse(typed: str) -> datetime:
        if not typed:
            raise Mistake(f"{label} is needed.")
        try:
            found = datetime.fromisoformat(typed)
        except ValueError:
            raise Mistake(f"{label} should look like 2026-11-27T15:00.") from None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    return own(parse)


def number(label: str) -> Any:
    """Declare a number that may have a fraction; what it may be is for the rule that uses it."""

    def parse(typed: str) -> float:
        try:
            return float(typed)
        except ValueError:
            raise Mistake(f"{label} should be a number, such as 0.5.") from None

    return own(parse)


def choice(label: str, options: Sequence[str]) -> Any:
    """Declare one of `options`."""

    def parse(typed: str) -> str:
        if typed not in options:
            raise Mistake(f"{label}: choose one of those offered.")
        return typed

    return own(parse)


def tick() -> Any:
    """Declare a tick box: true when it was sent at all."""
    return own(bool)
