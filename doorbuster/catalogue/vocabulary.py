"""The catalogue's words: cut texts into words and words into trigrams, and tell how far two words are apart."""

import html
import re

WORD_LENGTH_MIN = 3
WORD_LENGTH_MAX = 40

_WORD = re.compile(r"[^\W_]+")
_TAG = re.compile(r"<[^>]*>")


def words_of(text: str) -> list[str]:
    """Return the words of a text or HTML in small letters, in order."""
    return _WORD.findall(html.unescape(_TAG.sub(" ", text)).lower())


def vocabulary_of(text: str) -> set[str]:
    """Return the words worth remembering: of 3 to 40 characters, not numbers."""
    return {word for word in words_of(text) if WORD_LENGTH_MIN <= len(word) <= WORD_LENGTH_MAX and not word.isdecimal()}


def trigrams_of(word: str) -> list[str]:
    """Return what near words share: runs of three characters, blanks at both ends, and all its letters in order.

    The letters find two neighbours that changed places, which in a short word leave no run unharmed.
    """
    padded = f" {word} "
    return sorted({padded[at : at + 3] for at in range(len(padded) - 2)} | {"".join(sorted(word))})


def distance(left: str, right: str) -> int:
    """Return how many insertions, deletions, replacements and swaps of neighbours lie between two words.

    The restricted Damerau-Levenshtein distance (optimal string alignment).
    """
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        current = [i]
        for j, b in enumerate(right, start=1):
            least = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                least = min(least, before[j - 2] + 1)
            current.append(least)
        before, previous = previous, current
    return previous[-1]
