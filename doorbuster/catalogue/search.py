"""Search: PostgreSQL's full text over a bounded set of candidates, forgiving a typing mistake.

How common a word is decides how it is found (search.function.sql), so a search stays bounded however large the
catalogue. A word that nothing is called is replaced by the nearest one of the catalogue's vocabulary; what was searched
instead is told, and `exact` searches for what was typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from doorbuster.catalogue.paging import Cursor, Page, bounded
from doorbuster.catalogue.products import ProductCard, page_of_cards
from doorbuster.catalogue.vocabulary import WORD_LENGTH_MAX, WORD_LENGTH_MIN, distance, trigrams_of, words_of
from doorbuster.database import QueryFile, Row, Runner

SQL = QueryFile("doorbuster.catalogue", "search.sql")

Sort = Literal["relevance", "price_up", "price_down", "newest"]

MATCHES_MAX = 1_000
WORDS_MAX = 8
COMMON_PRODUCTS_MIN = 20_000

_AMOUNT_MAX = 10**15
_TOP = Cursor(2**62, UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Search:
    """What a shopper asked for: words, filters and order. Prices are minor units of `currency`."""

    words: str
    currency: str
    category: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    in_stock: bool = False
    sort: Sort = "relevance"
    exact: bool = False
    """Search for the words as they were typed, even if nothing is called so."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `corrected` holds the words that were searched instead of the typed ones, if any.

    `matches` counts at most MATCHES_MAX, which then means "that many or more".
    """

    page: Page[ProductCard]
    matches: int
    corrected: str | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    """A word to search for; `beginning` when more of it may follow, `products` are about how many use it."""

    text: str
    beginning: bool
    products: int = 0


async def search_products(database: Runner, search: Search, *, after: Cursor | None = None, size: int = 24) -> Found:
    """Return the products that match best, from `after` on, in at most two statements."""
    asked = _asked(search.words)
    words = await _known(database, asked, search.exact) if asked else []
    start = after or _TOP
    rows = await database.fetch(
        SQL.search_products,
        words=_tsquery(words),
        common=bool(words) and min(word.products for word in words) >= COMMON_PRODUCTS_MIN,
        category=search.category,
        currency=search.currency,
        sort=search.sort,
        weighs_offers=_weighs_offers(search),
        price_from=_amount(search.price_from),
        price_to=_amount(search.price_to),
        in_stock=search.in_stock,
        after_key=max(-_TOP.key, min(start.key, _TOP.key)),
        after_id=start.id,
        size=bounded(size) + 1,
    )
    corrected = " ".join(word.text for word in words) if _texts(words) != _texts(asked) else None
    page = page_of_cards(rows, search.currency, bounded(size))
    return Found(page, rows[0]["matches"] if rows else 0, corrected)


def _asked(text: str) -> list[_Word]:
    """Cut what was typed into words; the last one may be only a beginning."""
    words = [word[:WORD_LENGTH_MAX] for word in words_of(text)][:WORDS_MAX]
    last = len(words) - 1
    return [_Word(word, at == last and len(word) >= WORD_LENGTH_MIN) for at, word in enumerate(words)]


async def _known(database: Runner, asked: list[_Word], exact: bool) -> list[_Word]:
    """Learn how common the words are, and replace those that nothing is called unless `exact`."""
    questions = [_question(position, word, exact) for position, word in enumerate(asked)]
    rows = await database.fetch(SQL.words_of_search, words=questions)
    answers = [[row for row in rows if row["position"] == position] for position in range(len(asked))]
    return [_mended(word, near, exact) for word, near in zip(asked, answers, strict=True)]


def _question(position: int, word: _Word, exact: bool) -> dict[str, Any]:
    return {
        "position": position,
        "word": word.text,
        "upto": word.text + "\U0010ffff" if word.beginning else word.text,
        "trigrams": trigrams_of(word.text),
        "edits": 0 if exact else _edits_max(word.text),
    }


def _edits_max(word: str) -> int:
    """Return how many typing mistakes are forgiven: none in short words and numbers, two in long ones."""
    if len(word) < 4 or word.isdecimal():
        return 0
    return 1 if len(word) < 7 else 2


def _mended(word: _Word, rows: Sequence[Row], exact: bool) -> _Word:
    """Return the word with its frequency, or the nearest known one; of equally near ones the most common."""
    near = [row for row in rows if row["near"] is not None]
    known = replace(word, products=rows[0]["products"])
    if exact or not near or any(row["same_stem"] for row in near):
        return known
    least, _, _, text, products = min(
        (
            distance(word.text, row["near"]),
            row["near"][0] != word.text[0],
            -row["near_products"],
            row["near"],
            row["near_products"],
        )
        for row in near
    )
    return _Word(text, beginning=False, products=products) if least <= _edits_max(word.text) else known


def _tsquery(words: list[_Word]) -> str | None:
    """Write the words for to_tsquery: all of them, in any order. They are letters and digits only."""
    return " & ".join(f"{word.text}:*" if word.beginning else word.text for word in words) or None


def _texts(words: list[_Word]) -> list[str]:
    return [word.text for word in words]


def _weighs_offers(search: Search) -> bool:
    """Say whether prices or stock of every candidate are needed, and not only those of the page."""
    by_price = search.sort in ("price_up", "price_down")
    return by_price or search.in_stock or search.price_from is not None or search.price_to is not None


def _amount(amount: int | None) -> int | None:
    return None if amount is None else max(0, min(amount, _AMOUNT_MAX))
