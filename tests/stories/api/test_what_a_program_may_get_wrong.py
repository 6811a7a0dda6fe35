"""Whatever a program gets wrong, it is told what, where and how to mend it, and nothing was done."""

from urllib.parse import quote

import pytest

SALE = "00000000-0000-7000-8000-0000000000b"
OPEN, TOMORROW, YESTERDAY, UNKNOWN = (f"{SALE}{n}" for n in "1239")
HOLDS = f"/api/v1/sales/{OPEN}/holds"
LAMP = {"sku": "LAMP", "quantity": 1}

# What the body says -> status, problem, and a word of its place or sentence.
BODIES = [
    (b"", 400, "malformed-json", '"position":0'),
    (b"{", 400, "malformed-json", '"position":1'),
    (b'{"sku":"LAMP",}', 400, "malformed-json", '"position":14'),
    (b'{"sku":"LAMP"} trailing', 400, "malformed-json", '"position":16'),
    (b'{"sku":"LA\xff\xfe"}', 400, "malformed-json", '"position":10'),
    (b'\xef\xbb\xbf{"sku":"LAMP"}', 400, "malformed-json", '"position":0'),
    (b'{"sku":"LAMP","quantity":NaN}', 400, "malformed-json", '"position":25'),
    (b"[" * 100_000, 413, "body-too-large", "bytes_max"),
    (b"[" * 3_000, 422, "invalid-body", '"at":"$"'),
    (b"null", 422, "invalid-body", '"at":"$"'),
    (b'"LAMP"', 422, "invalid-body", '"at":"$"'),
    (b"{}", 422, "invalid-body", "`sku`"),
    (b'{"sku":null}', 422, "invalid-body", '"at":"$.sku"'),
    (b'{"sku":""}', 422, "invalid-body", '"at":"$.sku"'),
    (b'{"sku":"' + b"x" * 101 + b'"}', 422, "invalid-body", '"at":"$.sku"'),
    (b'{"sku":"LAMP\\u0000"}', 422, "invalid-body", "NUL"),
    (b'{"sku":"LAMP","colour":"red"}', 422, "invalid-body", "`colour`"),
    (b'{"sku":"LAMP","quantity":0}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","quantity":-1}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","quantity":1.5}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","quantity":"1"}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","quantity":true}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","quantity":99999999999999999999}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","quantity":1e3}', 422, "invalid-body", '"at":"$.quantity"'),
    (b'{"sku":"LAMP","price":{"amount":1500,"currency":"EUR"}}', 422, "invalid-body", "GBP"),
    (b'{"sku":"LAMP","price":{"amount":1500}}', 422, "invalid-body", '"at":"$.price"'),
    (b'{"sku":"LAMP","price":{"amount":99,"currency":"GBP"}}', 409, "price-changed", '"amount":1500'),
    (b'{"sku":"NO-SUCH-THING"}', 404, "not-in-sale", ""),
    ('{"sku":"ЛАМПА 💡"}'.encode(), 404, "not-in-sale", ""),
    (b'{"sku":"LAMP\' OR 1=1 --"}', 404, "not-in-sale", ""),
    (b'{"sku":"LAMP","quantity":3}', 409, "limit-reached", '"limit":2'),
]


@pytest.mark.parametrize(("body", "status", "name", "words"), BODIES, ids=lambda value: str(value)[:40])
def test_a_wrong_body_is_refused_with_its_place(program, body, status, name, words):
    answer = program.post(HOLDS, body)

    assert (answer.status, answer.problem) == (status, name)
    assert words in answer.body.decode()


KEYS = ["", "short", "x" * 15, "x" * 256, "sixteen letters and blanks", "schlüssel-schlüssel"]


@pytest.mark.parametrize("key", KEYS)
def test_a_write_without_a_sound_key_is_refused(program, key):
    answer = program.post(HOLDS, LAMP, key=key.encode().decode("latin-1"))

    assert (answer.status, answer.problem) == (400, "invalid-idempotency-key")


TYPES = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin-1",
    "application/jsonx",
]


@pytest.mark.parametrize("media_type", TYPES)
def test_a_body_that_is_not_called_json_is_refused(program, media_type):
    answer = program.post(HOLDS, LAMP, Content_Type=media_type)

    assert (answer.status, answer.problem) == (415, "unsupported-media-type")


def test_a_compressed_body_is_refused(program):
    answer = program.post(HOLDS, LAMP, Content_Encoding="gzip")

    assert (answer.status, answer.problem) == (415, "unsupported-media-type")


SALES = [
    (TOMORROW, 409, "not-open-yet"),
    (YESTERDAY, 409, "sale-over"),
    (UNKNOWN, 404, "not-found"),
    ("3", 404, "not-found"),
    ("open", 404, "not-found"),
    (OPEN + "0", 404, "not-found"),
    (quote("' OR true --"), 404, "not-found"),
    ("%00", 404, "not-found"),
    ("..%2F..%2Fetc", 404, "not-found"),
]


@pytest.mark.parametrize(("sale", "status", "name"), SALES)
def test_a_sale_that_cannot_be_bought_from_is_named_as_it_is(program, sale, status, name):
    answer = program.post(f"/api/v1/sales/{sale}/holds", LAMP)

    assert (answer.status, answer.problem) == (status, name)


def test_the_same_request_again_is_answered_the_same(program):
    first = program.post(HOLDS, LAMP, key="the-same-key-again-1")

    again = program.post(HOLDS, LAMP, key="the-same-key-again-1")

    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json


def test_a_key_stands_for_one_request_only(program):
    program.post(HOLDS, LAMP, key="one-key-two-requests")

    answer = program.post(HOLDS, {"sku": "LAMP", "quantity": 2}, key="one-key-two-requests")

    assert (answer.status, answer.problem) == (422, "idempotency-key-reused")


def test_a_refusal_does_not_use_up_a_key(program):
    refused = program.post(HOLDS, {"sku": "LAMP", "quantity": 3}, key="refused-first-then-ok")

    answer = program.post(HOLDS, LAMP, key="refused-first-then-ok")

    assert (refused.status, answer.status) == (409, 201)


def test_another_sites_page_cannot_hold_for_its_visitor(program):
    answer = program.post(HOLDS, LAMP, Origin="https://elsewhere.example", Sec_Fetch_Site="cross-site")

    assert (answer.status, answer.problem) == (403, "cross-site")


def test_somebody_elses_hold_cannot_be_seen_by_its_id(program):
    hold = program.post(HOLDS, LAMP).json

    assert program.get(f"/holds/{hold['id']}").status == 404


QUERIES = [
    ("/api/v1/products?limit=0", "invalid-parameter", "$.limit"),
    ("/api/v1/products?limit=101", "invalid-parameter", "$.limit"),
    ("/api/v1/products?limit=ten", "invalid-parameter", "$.limit"),
    ("/api/v1/products?limit=1&limit=2", "invalid-parameter", "more than once"),
    ("/api/v1/products?colour=red", "invalid-parameter", "`colour`"),
    ("/api/v1/products?q=%00", "invalid-parameter", "$.q"),
    ("/api/v1/products?q=%ff", "invalid-parameter", "$.q"),
    ("/api/v1/products?q=lamp&collection=light", "invalid-parameter", "not both"),
    ("/api/v1/products?cursor=nonsense", "invalid-cursor", "cursor"),
    ("/api/v1/sales?cursor=nonsense", "invalid-cursor", "cursor"),
    ("/api/v1/sales?limit=-1", "invalid-parameter", "$.limit"),
]


@pytest.mark.parametrize(("path", "name", "words"), QUERIES)
def test_a_wrong_parameter_is_named(program, path, name, words):
    answer = program.get(path)

    assert (answer.status, answer.problem) == (400, name)
    assert words in answer.json["detail"] + answer.json.get("at", "")


PLACES = [
    "/api/v1/products/no-such-thing",
    "/api/v1/products/%00",
    "/api/v1/products/%ff",
    "/api/v1/products/" + "x" * 3_000,
    "/api/v1/products?collection=no-such-shelf",
    "/api/v1/orders/" + UNKNOWN,
    "/api/v1/nothing",
    "/api/v2/products",
    "/api/",
]


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path[:40])
def test_what_is_not_there_is_not_found(program, path):
    answer = program.get(path)

    assert (answer.status, answer.problem) == (404, "not-found")


def test_a_method_that_is_not_taken_says_which_are(program):
    answer = program.send("DELETE", "/api/v1/products")

    assert (answer.status, answer.problem, answer.headers["allow"]) == (405, "method-not-allowed", "GET")


def test_a_search_for_anything_finds_nothing_or_something_but_never_fails(program):
    for words in ["'", '"', "a & b", "!", "<script>", "\\", "%", "lamp:*", "💡", "ﷺ", "a" * 200, "-- ", "()", "\t"]:
        answer = program.get(f"/api/v1/products?q={quote(words)}")

        assert answer.status == 200, words


RAW = [
    b"GET /api/v1/products HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"GET /api/v1/products HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST " + HOLDS.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST "
    + HOLDS.encode()
    + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST " + HOLDS.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /api/v1/products HTTP/1.1\r\nHost: x\r\nCookie: shopper=\xff\xfe\r\nConnection: close\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: str(raw[:30]))
def test_broken_http_breaks_nothing(program, raw):
    answer = program.send_raw(raw)

    assert b" 500 " not in answer[:20]
    assert b"Traceback" not in answer
    assert program.get("/api/v1/products").status == 200


def test_every_refusal_has_a_page_that_explains_it(program):
    answer = program.post(HOLDS, {"sku": "LAMP", "quantity": 3})

    page = program.get(answer.json["type"])

    assert page.status == 200
    assert answer.json["title"] in page.body.decode()
