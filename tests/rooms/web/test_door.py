"""What passes the door of every page: headers, origins, sizes, and what is said when it goes wrong."""

import msgspec
import pytest


async def test_every_answer_forbids_foreign_scripts_and_frames(ask):
    for path in ("/page", "/nowhere", "/broken"):
        policy = (await ask("GET", path)).headers["content-security-policy"]

        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


async def test_a_form_may_end_at_the_payment_gateway_and_nowhere_else(ask, settings):
    policy = (await ask("GET", "/page")).headers["content-security-policy"]

    assert f"form-action 'self' {settings.gateway_url}" in policy


async def test_every_answer_has_a_request_id_of_ours(ask):
    first, second = await ask("GET", "/page", request_id="mine"), await ask("GET", "/page")

    assert len(first.headers["request-id"]) == 32
    assert first.headers["request-id"] != second.headers["request-id"]


ORIGINS = [
    ("our own page by Sec-Fetch-Site", "/echo", {"sec_fetch_site": "same-origin"}, 200),
    ("our own page by Origin", "/echo", {"origin": "http://shop.test"}, 200),
    ("an address typed by hand", "/echo", {"sec_fetch_site": "none"}, 200),
    ("another site", "/echo", {"sec_fetch_site": "cross-site", "origin": "https://evil.test"}, 403),
    ("a neighbour on another port", "/echo", {"sec_fetch_site": "same-site", "origin": "http://shop.test:9"}, 403),
    ("a sandboxed frame", "/echo", {"origin": "null"}, 403),
    ("an old browser or a program at a page", "/echo", {}, 403),
    ("a program at the API", "/api/v1/echo", {}, 200),
    ("another site at the API", "/api/v1/echo", {"sec_fetch_site": "cross-site"}, 403),
    ("another site at the API by Origin", "/api/v1/echo", {"origin": "https://evil.test"}, 403),
]


@pytest.mark.parametrize(("who", "path", "headers", "status"), ORIGINS, ids=[case[0] for case in ORIGINS])
async def test_only_our_pages_and_programs_change_something(ask, who, path, headers, status):
    assert (await ask("POST", path, **headers)).status == status


async def test_a_body_that_says_it_is_too_large_is_not_read(ask):
    answer = await ask("POST", "/echo", content_length="70000", origin="http://shop.test")

    assert answer.status == 413


async def test_a_body_that_turns_out_too_large_is_refused_while_it_comes(ask):
    answer = await ask("POST", "/echo", body=b"x" * 70_000, chunks=7, origin="http://shop.test")

    assert answer.status == 413


async def test_a_body_of_exactly_the_limit_is_read(ask):
    answer = await ask("POST", "/echo", body=b"x" * 65_536, chunks=3, origin="http://shop.test")

    assert (answer.status, answer.body) == (200, b"65536")


async def test_a_fault_is_told_without_its_reason_but_with_its_number(ask):
    answer = await ask("GET", "/broken")

    assert answer.status == 500
    assert b"secret" not in answer.body
    assert answer.headers["request-id"].encode() in answer.body


async def test_a_program_is_told_as_a_problem_document(ask):
    answer = await ask("GET", "/api/v1/broken")

    assert answer.headers["content-type"] == "application/problem+json"
    assert msgspec.json.decode(answer.body)["status"] == 500


async def test_very_busy_says_when_to_come_back(ask):
    answer = await ask("GET", "/busy")

    assert (answer.status, answer.headers["retry-after"]) == (503, "2")


async def test_what_a_template_inserts_is_escaped(ask):
    answer = await ask("GET", "/page")

    assert b"<h1>&lt;b&gt;</h1>" in answer.body


async def test_only_pages_for_everybody_are_kept_and_compressed(ask):
    mine = await ask("GET", "/page", accept_encoding="gzip")
    public = await ask("GET", "/page?public", accept_encoding="gzip")

    assert (mine.headers["cache-control"], mine.headers.get("content-encoding")) == ("no-store", None)
    assert (public.headers["cache-control"], public.headers["content-encoding"]) == ("public, max-age=5", "gzip")


async def test_a_client_that_refuses_gzip_gets_none(ask):
    answer = await ask("GET", "/page?public", accept_encoding="br, gzip;q=0")

    assert "content-encoding" not in answer.headers


async def test_an_asset_is_served_for_ever_under_its_hash_only(ask, pages):
    path = pages.assets.path("shop.css")

    right, wrong = await ask("GET", path), await ask("GET", "/assets/0123456789abcdef/shop.css")

    assert (right.status, right.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert wrong.status == 404
