"""A program that speaks to the shop as rudely as it likes: whole control over lines, headers and bytes."""

import http.client
import json
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The name of the problem, or an empty text when it is none."""
        if self.headers.get("content-type") != "application/problem+json":
            return ""
        return self.json["type"].removeprefix("/problems/")


@dataclass
class Program:
    """One client of the API; without a cookie jar, so that each request stands for itself."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path, **headers):
        return self.send("GET", path, headers=headers)

    def post(self, path, body=None, key=None, **headers):
        """Post JSON (bytes go as they are) with a fresh key unless one is given; an empty key is left out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = f"key-{uuid4().hex}" if key is None else key
        given = {"Content-Type": "application/json", **({"Idempotency-Key": key} if key else {})}
        return self.send("POST", path, raw, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}})

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=20)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def send_raw(self, raw: bytes) -> bytes:
        """Write bytes to the socket, and return all that comes back until the server closes."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return b"".join(parts)
