"""Artwork: the same for ever, small, well-formed, harmless, and of the thing that is sold."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as some
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from doorbuster.catalogue.artwork import artwork_svg, artwork_url, motif_of
from doorbuster.catalogue.drawing.motifs import GROUNDLESS, MOTIFS, NATURAL_HUES, WORDS
from doorbuster.catalogue.drawing.palette import hex_of
from doorbuster.catalogue.pages import artwork_show

HANDLE = some.from_regex(r"[a-z0-9]{1,12}(-[a-z0-9]{1,12}){0,4}", fullmatch=True)


@given(HANDLE, some.sampled_from(sorted(MOTIFS)))
def test_a_drawing_is_small_wellformed_and_always_the_same(handle: str, motif: str) -> None:
    svg = artwork_svg(handle, motif)

    assert svg == artwork_svg(handle, motif)
    assert len(svg) < 4096
    root = ET.fromstring(svg)
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("800", "800", "0 0 800 800")
    assert not re.search(r"script|href|style|nan|inf|None", svg.split("</title>")[1])


def test_two_handles_have_two_drawings() -> None:
    assert artwork_svg("floor-lamp", "lamp") != artwork_svg("floor-lamp-2", "lamp")


def test_its_title_names_the_product_without_its_code() -> None:
    assert "<title>Tripod floor lamp</title>" in artwork_svg("tripod-floor-lamp-1282", "lamp")


@pytest.mark.parametrize(
    ("handle", "category", "motif"),
    [
        ("urban-leather-backpack-12ab", "Accessories", "backpack"),
        ("scandinavian-tripod-floor-lamp-1282", "Home decor", "lamp"),
        ("something-unheard-of", "Furniture", "table"),
        ("white-hanging-heart-85123a", "", "heart"),
        ("qwerty", "Zxcv", "parcel"),
    ],
)
def test_the_words_of_a_product_choose_what_is_drawn(handle: str, category: str, motif: str) -> None:
    assert motif_of(handle, category) == motif


def test_every_word_and_rule_names_a_motif_that_exists() -> None:
    assert set(WORDS.values()) | GROUNDLESS | set(NATURAL_HUES) <= set(MOTIFS)


@given(some.floats(0, 1), some.floats(0, 0.4), some.floats(-720, 720))
def test_every_colour_can_be_shown(lightness: float, chroma: float, hue: float) -> None:
    assert re.fullmatch(r"#[0-9a-f]{6}", hex_of(lightness, chroma, hue))


def test_colours_keep_their_lightness() -> None:
    assert (hex_of(1, 0, 0), hex_of(0, 0, 0)) == ("#ffffff", "#000000")


async def answered(handle: str, query: str = "") -> Response:
    scope = {"type": "http", "path_params": {"handle": handle}, "query_string": query.encode(), "headers": []}
    return await artwork_show(Request(scope))


async def test_the_picture_may_be_kept_for_ever() -> None:
    answer = await answered("floor-lamp", artwork_url("floor-lamp", "Lighting").partition("?")[2])

    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert bytes(answer.body).decode() == artwork_svg("floor-lamp", "lamp")


@pytest.mark.parametrize("handle", ["Not_A_Handle", "a--b", "x" * 121, "", "a\n"])
async def test_what_is_no_handle_has_no_picture(handle: str) -> None:
    with pytest.raises(HTTPException) as refusal:
        await answered(handle)

    assert refusal.value.status_code == 404


async def test_an_unknown_motif_is_answered_with_the_handles_own() -> None:
    answer = await answered("floor-lamp", "m=%3Cscript%3E")

    assert bytes(answer.body).decode() == artwork_svg("floor-lamp", "lamp")
