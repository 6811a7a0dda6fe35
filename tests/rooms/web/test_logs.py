"""What a process writes down: found by the request's id, readable by programs, without anything secret."""

import contextvars
import json
import logging
from pathlib import Path

import pytest

from doorbuster.settings import Settings
from doorbuster.supervisor.logs import log_of
from doorbuster.web.logs import HIDDEN, REQUEST_ID, Lines

SETTINGS = {
    "home": Path("/nowhere"),
    "database_url": "postgresql://shop:pa%20ssword-of-db@db/shop",
    "secret": "s" * 40,
    "payment_key": "sk_live_1234567890",
    "smtp_url": "smtp://user:password-of-mail@host:587",
}


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Lines:
    return Lines(Settings(**SETTINGS, log_format=request.param))


def record(message: str, *values: object, fault: Exception | None = None) -> logging.LogRecord:
    trace = (type(fault), fault, fault.__traceback__) if fault else None
    return logging.LogRecord("doorbuster.test", logging.ERROR, "file.py", 1, message, values, trace)


@pytest.mark.parametrize(
    "secret", ["pa%20ssword-of-db", "pa ssword-of-db", "s" * 40, "sk_live_1234567890", "password-of-mail"]
)
def test_nothing_secret_is_written_down(lines: Lines, secret: str):
    try:
        raise RuntimeError(f"cannot reach it with {secret}")
    except RuntimeError as fault:
        line = lines.format(record("tried %s", secret, fault=fault))

    assert secret not in line
    assert line.count(HIDDEN) == 2


def test_a_line_carries_the_id_that_the_visitor_was_told(lines: Lines):
    context = contextvars.copy_context()
    context.run(REQUEST_ID.set, "0192f0c0ffee")

    assert "0192f0c0ffee" in context.run(lines.format, record("it broke"))
    assert "request" not in lines.format(record("it broke"))


def test_a_document_is_one_line_and_has_the_fault_in_it():
    try:
        raise KeyError("lamp")
    except KeyError as fault:
        line = Lines(Settings(**SETTINGS, log_format="json")).format(record("a page failed", fault=fault))

    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == ("ERROR", "doorbuster.test", "a page failed")
    assert told["fault"].endswith("KeyError: 'lamp'")


def test_the_supervisor_puts_the_process_in_and_wraps_what_is_no_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    say = log_of(tmp_path, "web-1", "json")
    say('{"level":"ERROR","message":"it broke"}')
    say("is back")
    first, second = (json.loads(line) for line in (tmp_path / "logs/web-1.log").read_text().splitlines())

    assert first == {"process": "web-1", "level": "ERROR", "message": "it broke"}
    assert (second["process"], second["message"]) == ("web-1", "is back")
    assert [json.loads(line)["process"] for line in capsys.readouterr().out.splitlines()] == ["web-1", "web-1"]
