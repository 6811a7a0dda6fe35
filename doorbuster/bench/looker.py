"""An operator with a tab for each page of the control room, each read once a second, in a process of its own.

So that what is measured is the control room, not the crowd's own delay. Prints one JSON document: page -> seconds.
"""

import json
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

NAME, PASSWORD = "bench-looker", "a looker of a bench"  # for an event log that is gone a minute later
PATIENCE_SECONDS = 30.0


class Refused(Exception):
    """The control room answered with another status than a reader hopes for."""


def log_in(connection: HTTPConnection, origin: str) -> str:
    """Return the cookie of a session."""
    form = urlencode({"name": NAME, "password": PASSWORD, "next": "/"})
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": origin}
    connection.request("POST", "/log-in", form, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 303:
        raise Refused(f"log-in: {answer.status}")
    return (answer.getheader("set-cookie") or "").partition(";")[0]


def read(connection: HTTPConnection, page: str, cookie: str) -> float:
    """Read a page to its end and return the seconds that it took."""
    began = time.perf_counter()
    connection.request("GET", page, headers={"cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise Refused(f"{page}: {answer.status}")
    return time.perf_counter() - began


def main(origin: str, seconds: str, *pages: str) -> None:
    """Read page after page, each once a second, and print how long each took."""
    parts = urlsplit(origin)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    cookie = log_in(connection, origin)
    took: dict[str, list[float]] = {page: [] for page in pages}
    ends_at = time.perf_counter() + float(seconds)
    while time.perf_counter() < ends_at:
        for page in pages:
            spent = read(connection, page, cookie)
            took[page].append(spent)
            time.sleep(max(0.0, 1 / len(pages) - spent))
    sys.stdout.write(json.dumps(took))


if __name__ == "__main__":
    main(*sys.argv[1:])
