"""What a shopper finds: by words, beginnings and typing mistakes, filtered, sorted and paged."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from doorbuster.catalogue import search as catalogue_search
from doorbuster.catalogue.search import Found, Search, search_products
from doorbuster.catalogue.vocabulary import distance, trigrams_of, vocabulary_of
from tests.rooms.catalogue.desk import SHOPIFY, Desk

WORD = some.text("abcde", min_size=4, max_size=10)


@pytest.fixture
async def shop(desk: Desk) -> Desk:
    await desk.catalog(
        SHOPIFY,
        "rucksack,Leather Backpack,For the city,Acme,Bags,,,B-1,90,3",
        "daypack,Canvas Backpack,For the hills; leather straps,Globex,Bags,,,B-2,40,0",
        "tripod-lamp,Tripod Lamp,Warm light,Acme,Lamps,,,L-1,120,9",
        "desk-lamp,Desk Lamp,Bright light,Acme,Lamps,,,L-2,60,9",
        "draft,Hidden Lamp,,,Lamps,,,L-3,60,9",
    )
    await desk.rows("UPDATE products SET status = 'draft' WHERE handle = 'draft' RETURNING id")
    return desk


async def found(desk: Desk, words: str, **filters: object) -> Found:
    return await search_products(desk.database, Search(words, "GBP", **filters))


def handles(found: Found) -> list[str]:
    return [card.handle for card in found.page.items]


async def test_words_are_found_and_the_title_counts_more_than_the_description(shop: Desk) -> None:
    assert handles(await found(shop, "leather")) == ["rucksack", "daypack"]


async def test_plural_and_singular_find_the_same(shop: Desk) -> None:
    assert sorted(handles(await found(shop, "backpacks"))) == ["daypack", "rucksack"]
    assert (await found(shop, "backpacks")).corrected is None


async def test_the_last_word_may_be_only_a_beginning(shop: Desk) -> None:
    assert handles(await found(shop, "canvas backp")) == ["daypack"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("lether backpck", "leather backpack"), ("bakcpack", "backpack"), ("lmap", "lamp"), ("tripodd", "tripod")],
)
async def test_a_typing_mistake_is_forgiven_and_told(shop: Desk, typed: str, meant: str) -> None:
    answer = await found(shop, typed)

    assert answer.corrected == meant
    assert answer.page.items


async def test_words_that_are_few_mistakes_apart_have_a_key_in_common(desk: Desk) -> None:
    chance = random.Random(7)
    asked = ["".join(chance.choice("abcde") for _ in range(chance.randint(4, 12))) for _ in range(2000)]
    pairs = [(word, mistaken(word, 1 + (len(word) >= 7), chance)) for word in asked]
    listed = ", ".join(f"('{word}', '{known}', {1 + (len(word) >= 7)})" for word, known in pairs)

    assert await desk.rows(f"SELECT word, known FROM (VALUES {listed}) AS pairs(word, known, edits) "
                           "WHERE NOT near_keys(known, 2) && near_keys(word, edits) LIMIT 9") == []  # fmt: skip


def mistaken(word: str, mistakes: int, chance: random.Random) -> str:
    for _ in range(mistakes):
        at, letter = chance.randrange(len(word) - 1), chance.choice("abcde")
        word = chance.choice((
            word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ))  # fmt: skip
    return word


async def test_exact_searches_for_what_was_typed(shop: Desk) -> None:
    answer = await found(shop, "lether", exact=True)

    assert (handles(answer), answer.corrected) == ([], None)


async def test_what_nothing_is_near_finds_nothing(shop: Desk) -> None:
    assert await found(shop, "xylophone quartz") == Found((await found(shop, "zzzz")).page, 0, None)


@pytest.mark.parametrize("typed", ["' & | ! ( :*", "a'b\"c\\", "💡", "<script>", "the", "-", "%_", "lamp " * 40])
async def test_signs_and_noise_never_fail(shop: Desk, typed: str) -> None:
    assert isinstance(await found(shop, typed), Found)


async def test_filters_narrow_by_category_price_and_stock(shop: Desk) -> None:
    assert handles(await found(shop, "", category="Bags", in_stock=True)) == ["rucksack"]
    assert handles(await found(shop, "lamp", price_to=6000)) == ["desk-lamp"]
    assert handles(await found(shop, "lamp", price_from=6001)) == ["tripod-lamp"]


async def test_results_sort_by_price_both_ways(shop: Desk) -> None:
    assert handles(await found(shop, "", sort="price_up")) == ["daypack", "desk-lamp", "rucksack", "tripod-lamp"]
    assert handles(await found(shop, "", sort="price_down")) == ["tripod-lamp", "rucksack", "desk-lamp", "daypack"]


async def test_drafts_are_never_found(shop: Desk) -> None:
    assert handles(await found(shop, "hidden", exact=True)) == []


@pytest.mark.parametrize("sort", ["relevance", "price_up", "price_down", "newest"])
async def test_pages_show_every_product_once(shop: Desk, sort: str) -> None:
    seen, after = [], None
    while True:
        page = (await search_products(shop.database, Search("", "GBP", sort=sort), after=after, size=1)).page
        seen += [card.handle for card in page.items]
        after = page.next
        if after is None:
            break

    assert sorted(seen) == ["daypack", "desk-lamp", "rucksack", "tripod-lamp"]


async def test_a_common_word_is_found_among_the_newest(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_search, "COMMON_PRODUCTS_MIN", 1)

    assert sorted(handles(await found(shop, "lamp"))) == ["desk-lamp", "tripod-lamp"]


@given(WORD, WORD)
def test_distance_is_symmetric_and_zero_only_for_the_same_word(left: str, right: str) -> None:
    assert distance(left, right) == distance(right, left)
    assert (distance(left, right) == 0) == (left == right)


@given(WORD, some.integers(0, 8))
def test_swapping_neighbours_is_one_mistake_and_the_words_share_something(word: str, at: int) -> None:
    at = min(at, len(word) - 2)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    assert distance(word, swapped) <= 1
    assert set(trigrams_of(word)) & set(trigrams_of(swapped))


def test_the_vocabulary_leaves_out_markup_numbers_and_short_words() -> None:
    assert vocabulary_of("<p class='x'>A big Lamp &amp; 2024 caf\u00e9s</p>") == {"big", "lamp", "caf\u00e9s"}
