import pytest

from doorbuster.drill.answers import hurts, kind_of, wait_seconds
from doorbuster.drill.client import Reply


@pytest.mark.parametrize(
    ("step", "status", "headers", "body", "kind"),
    [
        ("hold", 201, {}, b"{}", "Held"),
        ("hold", 200, {}, b"{}", "Replayed"),
        ("hold", 303, {b"location": b"/holds/1"}, b"", "Held"),
        ("order", 201, {}, b"{}", "Ordered"),
        ("hold", 409, {b"content-type": b"application/problem+json"}, b'{"type":"/problems/sold-out"}', "SoldOut"),
        ("hold", 409, {b"content-type": b"text/html"}, b'<div data-answer="AllHeld">', "AllHeld"),
        ("hold", 429, {b"retry-after": b"2"}, b"", "NotAdmitted"),
        ("hold", 503, {}, b"", "Status503"),
        ("home", 500, {b"content-type": b"text/html"}, b"oops", "Status500"),
        ("home", 404, {b"content-type": b"application/json"}, b"not json", "Status404"),
        ("home", 200, {}, b"", "Ok"),
    ],
)
def test_an_answer_is_named_by_what_it_says(step, status, headers, body, kind):
    assert kind_of(step, _reply(status, headers, body)) == kind


@pytest.mark.parametrize(
    ("status", "kind", "seconds", "hurt"),
    [
        (200, "Ok", 2.9, False),
        (200, "Ok", 3.1, True),
        (500, "Status500", 0.01, True),
        (0, "TimedOut", 30.0, True),
        (0, "Refused", 0.0, True),
        (409, "SoldOut", 5.0, False),
        (503, "Busy", 0.1, False),
        (503, "Status503", 0.1, True),
    ],
)
def test_hurt_means_broken_or_slow_and_not_told_honestly(status, kind, seconds, hurt):
    assert hurts(status, kind, seconds) is hurt


def test_the_wait_is_what_the_answer_asks_for():
    assert wait_seconds(_reply(503, {b"retry-after": b"7"}, b""), 2.0) == 7.0
    assert wait_seconds(_reply(409, {}, b""), 2.0) == 2.0


def _reply(status, headers, body):
    reply = Reply()
    reply.status, reply.headers, reply.body = status, headers, body
    return reply
