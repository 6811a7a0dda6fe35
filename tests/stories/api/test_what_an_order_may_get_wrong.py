"""An order says what is missing or wrong in it; nobody orders or sees what is another's; a key orders once."""

from contextlib import closing
from uuid import uuid4

import psycopg
import pytest

HOLDS = "/api/v1/sales/00000000-0000-7000-8000-0000000000b1/holds"
ADDRESS = {"name": "Ada", "line1": "1 Lamp Row", "city": "London", "postcode": "N1 7AA", "country": "GB"}


def test_a_purchase_is_three_requests_and_repeating_each_changes_nothing(program):
    hold, cookie = held(program)
    wish = {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}

    placed = program.post("/api/v1/orders", wish, key="order-once-and-again", Cookie=cookie)
    again = program.post("/api/v1/orders", wish, key="order-once-and-again", Cookie=cookie)
    shown = program.get(f"/api/v1/orders/{placed.json['id']}", **{"Order-Secret": placed.json["secret"]})

    assert (placed.status, again.status, shown.status) == (201, 200, 200)
    assert again.json["number"] == placed.json["number"]
    assert shown.json["total"] == placed.json["total"] == {"amount": 1895, "currency": "GBP"}
    assert placed.json["payment"]["redirect_url"].startswith("http")


FIELDS = [
    ({"email": None}, "$.email"),
    ({"email": "not an address"}, "$.email"),
    ({"email": "a@b@c"}, "$.email"),
    ({"email": "x" * 260 + "@example.com"}, "$.email"),
    ({"email": "ada@example.com\r\nBcc: all@example.com"}, "$.email"),
    ({"shipping_address": None}, "$.shipping_address"),
    ({"shipping_address": {}}, "$.shipping_address"),
    ({"shipping_address": {**ADDRESS, "country": "XX"}}, "$.shipping_address.country"),
    ({"shipping_address": {**ADDRESS, "country": "Great Britain"}}, "$.shipping_address.country"),
    ({"shipping_address": {**ADDRESS, "postcode": ""}}, "$.shipping_address.postcode"),
    ({"shipping_address": {**ADDRESS, "name": "  "}}, "$.shipping_address.name"),
    ({"shipping_address": {**ADDRESS, "city": "x" * 121}}, "$.shipping_address.city"),
    ({"shipping_address": {**ADDRESS, "planet": "Mars"}}, "$.shipping_address"),
    ({"payment": {"method": "cash"}}, "$.payment.method"),
    ({"hold_id": "3"}, "$.hold_id"),
    ({"hold_id": None}, "$"),
    ({"cart_id": "00000000-0000-7000-8000-000000000001"}, "$"),
]


@pytest.mark.parametrize(("change", "at"), FIELDS, ids=lambda value: str(value)[:60])
def test_a_wrong_field_is_named_and_the_hold_stays(program, change, at):
    hold, cookie = held(program)
    wish = {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}

    refused = program.post("/api/v1/orders", {**wish, **change}, Cookie=cookie)
    mended = program.post("/api/v1/orders", wish, Cookie=cookie)

    assert (refused.status, refused.problem, refused.json["at"]) == (422, "invalid-body", at)
    assert mended.status == 201


@pytest.mark.parametrize("total", [{"amount": 1, "currency": "GBP"}, {"amount": 1895, "currency": "EUR"}])
def test_another_total_than_the_one_agreed_to_is_told(program, total):
    hold, cookie = held(program)
    wish = {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}

    answer = program.post("/api/v1/orders", {**wish, "total": total}, Cookie=cookie)

    assert (answer.status, answer.problem) == (409, "total-changed")
    assert answer.json["total"] == {"amount": 1895, "currency": "GBP"}


def test_a_key_that_ordered_cannot_order_something_else(program):
    hold, cookie = held(program)
    wish = {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}
    program.post("/api/v1/orders", wish, key="a-key-that-has-ordered", Cookie=cookie)

    other = {**wish, "shipping_address": {**ADDRESS, "city": "Leeds"}}
    answer = program.post("/api/v1/orders", other, key="a-key-that-has-ordered", Cookie=cookie)

    assert (answer.status, answer.problem) == (422, "idempotency-key-reused")


def test_a_hold_is_ordered_once(program):
    hold, cookie = held(program)
    wish = {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}
    placed = program.post("/api/v1/orders", wish, Cookie=cookie)

    answer = program.post("/api/v1/orders", wish, Cookie=cookie)

    assert (answer.status, answer.problem) == (409, "already-ordered")
    assert answer.json["order_id"] == placed.json["id"]


def test_somebody_elses_hold_cannot_be_ordered(program):
    hold, _ = held(program)
    _, stranger = held(program)

    answer = program.post(
        "/api/v1/orders", {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}, Cookie=stranger
    )

    assert (answer.status, answer.problem) == (404, "not-found")


def test_a_hold_that_ran_out_cannot_be_ordered(program, shelf_url):
    hold, cookie = held(program)
    with closing(psycopg.connect(shelf_url, autocommit=True)) as connection:
        connection.execute("UPDATE holds SET expires_at = now() - interval '1 second' WHERE id = %s", [hold["id"]])

    answer = program.post(
        "/api/v1/orders", {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}, Cookie=cookie
    )

    assert (answer.status, answer.problem) == (409, "hold-gone")


@pytest.mark.parametrize("secret", ["", "wrong", "é", "x" * 5_000])
def test_somebody_elses_order_cannot_be_seen(program, secret):
    hold, cookie = held(program)
    wish = {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}
    order = program.post("/api/v1/orders", wish, Cookie=cookie).json

    answer = program.get(f"/api/v1/orders/{order['id']}", **{"Order-Secret": secret.encode().decode("latin-1")})

    assert (answer.status, answer.problem) == (404, "not-found")


@pytest.mark.parametrize("cookie", ["shopper=", "shopper=forged", "shopper=" + "A" * 22 + "." + "B" * 16])
def test_a_forged_identity_is_none(program, cookie):
    hold, _ = held(program)

    answer = program.post(
        "/api/v1/orders", {"hold_id": hold["id"], "email": email(), "shipping_address": ADDRESS}, Cookie=cookie
    )

    assert (answer.status, answer.problem) == (404, "not-found")


CALLBACKS = [b"", b"{}", b"not json", b'{"type":"checkout.session.completed"}', b"\xff" * 100]


@pytest.mark.parametrize("body", CALLBACKS)
@pytest.mark.parametrize("signature", ["", "t=1,v1=00", "nonsense", "t=99999999999999999999,v1=" + "0" * 64])
def test_a_payment_is_not_believed_from_anybody(program, body, signature):
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}

    answer = program.send("POST", "/payments/callbacks/hosted", body, headers)

    assert 400 <= answer.status < 500


def held(program):
    """Hold a lamp as a fresh shopper; return the hold and the shopper's cookie."""
    answer = program.post(HOLDS, {"sku": "LAMP"})
    assert answer.status == 201
    return answer.json, answer.headers["set-cookie"].partition(";")[0]


def email():
    return f"{uuid4().hex}@example.com"
