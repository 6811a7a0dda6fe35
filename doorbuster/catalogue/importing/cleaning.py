"""Turns what people write into what the shop keeps: handles, SKUs, amounts, numbers, and HTML that can do no harm."""

import hashlib
import html
import re
import unicodedata

import nh3

from doorbuster import money

HANDLE_LENGTH_MAX = 120
SKU_LENGTH_MAX = 100
TITLE_LENGTH_MAX = 300

_TAGS = {
    "p", "br", "hr", "strong", "b", "em", "i", "u", "s", "small", "sub", "sup", "ul", "ol", "li", "dl", "dt", "dd",
    "h2", "h3", "h4", "h5", "h6", "blockquote", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td",
    "caption",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SLUG_GAP = re.compile(r"[^a-z0-9]+")
_SKU = re.compile(r"[!-~]+")
_PLAIN_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{0,15})?")
_DECIMAL_COMMA = re.compile(r"[0-9]{1,15},[0-9]{1,2}")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{0,15})?")


def sanitised_html(text: str) -> str:
    """Return the text as HTML without scripts, styles, pictures or anything that acts; plain text gets paragraphs."""
    text = _CONTROL.sub("", text).strip()
    if text and "<" not in text:
        return "".join(
            f"<p>{html.escape(part.strip(), quote=False)}</p>" for part in text.split("\n\n") if part.strip()
        )
    return nh3.clean(
        text,
        tags=_TAGS,
        clean_content_tags={"script", "style", "iframe", "object", "template"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="nofollow noopener noreferrer",
    ).strip()


def plain(text: str) -> str:
    """Return one line of text without control characters and needless blanks."""
    return " ".join(_CONTROL.sub("", text).split())


def slug(text: str) -> str:
    """Return a handle made of the text: small ASCII letters and digits with single hyphens; empty if none remain."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().replace("'", "")
    made = _SLUG_GAP.sub("-", ascii_text).strip("-")
    if len(made) <= HANDLE_LENGTH_MAX:
        return made
    return f"{made[: HANDLE_LENGTH_MAX - 9].rstrip('-')}-{short_hash(made)}"


def short_hash(text: str) -> str:
    """Return eight hexadecimal digits that stand for the text."""
    return hashlib.blake2s(text.encode("utf-8", "replace"), digest_size=4).hexdigest()


def derived_sku(handle: str, option_values: tuple[str, ...]) -> str:
    """Return the SKU of a variant that has none: its handle and options, so that it is the same in every run."""
    made = "-".join(part for part in (handle, *(slug(value) or short_hash(value) for value in option_values)) if part)
    return made if len(made) <= SKU_LENGTH_MAX else f"{made[: SKU_LENGTH_MAX - 9]}-{short_hash(made)}"


def readable_sku(text: str) -> str:
    """Return the SKU with blanks as hyphens; raise ValueError when it isn't 1 to 100 printable ASCII characters."""
    made = "-".join(text.split())
    if not _SKU.fullmatch(made) or len(made) > SKU_LENGTH_MAX:
        raise ValueError(f"the SKU {text[:60]!r} isn't 1 to {SKU_LENGTH_MAX} printable ASCII characters")
    return made


def amount(text: str, currency: str) -> int:
    """Return a price in minor units; raise ValueError for none, a negative one, or one with too many digits.

    Reads 1234.5, 1,234.50, £1234.50 and, with at most two digits after the comma, 1234,50.
    """
    bare = text.strip().lstrip("$£€").strip()
    if _DECIMAL_COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    elif _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif not _PLAIN_AMOUNT.fullmatch(bare):
        raise ValueError(f"{text[:40]!r} is not an amount of money")
    return money.parse(bare, currency).amount


def whole(text: str) -> int | None:
    """Return a whole number, also one written as `12.0`; None for an empty text; raise ValueError for anything else."""
    if not text:
        return None
    number = float(text)
    if not number.is_integer() or abs(number) > 10**12:
        raise ValueError(f"{text!r} isn't a whole number")
    return int(number)


def truth(text: str, otherwise: bool) -> bool:
    """Read TRUE, yes, 1 and their opposites; anything else is `otherwise`."""
    word = text.strip().lower()
    if word in ("true", "yes", "1", "y"):
        return True
    return False if word in ("false", "no", "0", "n") else otherwise


def headline(text: str) -> str:
    """Return an all-capitals text as a title: each word with one capital, small words small."""
    words = plain(text).lower().split(" ")
    return " ".join(word if index and word in _SMALL_WORDS else _capital(word) for index, word in enumerate(words))


_SMALL_WORDS = frozenset(("a", "an", "and", "at", "by", "de", "for", "in", "la", "of", "on", "or", "the", "to", "with"))
_LETTERS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def _capital(word: str) -> str:
    return _LETTERS.sub(lambda match: match[0][0].upper() + match[0][1:], word)
