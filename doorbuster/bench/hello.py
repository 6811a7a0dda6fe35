"""What the shop is compared with: the least an application on the same server can do.

`POST` anything: reads the body and answers 20 bytes of JSON. `GET /<name>` answers the bytes of `<folder>/<name>`, a
whole answer that the shop gave before: status, headers and body, kept by `keep`.
"""

import sys
from pathlib import Path
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from doorbuster.serving import Post, run, serve

BODY = b'{"hello":"world!!!"}'


class Kept(msgspec.Struct, frozen=True):
    """An answer as it will be repeated."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def keep(folder: Path, name: str, answer: Kept) -> None:
    """Leave an answer for the server that is started on this folder."""
    (folder / name).write_bytes(msgspec.msgpack.encode(answer))


class Hello:
    """A bare ASGI application with its answers ready."""

    def __init__(self, folder: Path) -> None:
        """Read what was kept."""
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        self._hello = _messages(Kept(200, headers, BODY))
        kept = {f"/{path.name}": msgspec.msgpack.decode(path.read_bytes(), type=Kept) for path in folder.iterdir()}
        self._kept = {path: _messages(answer) for path, answer in kept.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body to its end and answer."""
        if scope["method"] == "POST":
            while (await receive()).get("more_body", False):
                pass
        start, body = self._kept.get(scope["path"], self._hello)
        await send(start)
        await send(body)


def _messages(answer: Kept) -> tuple[dict[str, Any], dict[str, Any]]:
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    return start, {"type": "http.response.body", "body": answer.body}


def main(folder: str, listen_fd: str, ready_fd: str) -> None:
    """Serve until told to stop, by the same server with the same options as a worker of the shop."""
    run(serve(Hello(Path(folder)), Post("hello", int(listen_fd), int(ready_fd)), has_lifespan=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
