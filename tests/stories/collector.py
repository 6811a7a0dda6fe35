"""A collector of traces: a real HTTP server that understands OTLP, and keeps what it is sent."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Traces:
    """The spans that came in."""

    url: str = ""
    spans: list[Any] = field(default_factory=list)

    def of(self, trace_id: str, *names: str, seconds: float = 30.0) -> dict[str, Any]:
        """Wait until a trace has spans of these names, and return its spans by name."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = {span.name: span for span in self.spans if span.trace_id.hex() == trace_id}
            if set(names) <= found.keys():
                return found
            time.sleep(0.05)
        raise AssertionError(f"trace {trace_id} never had {names}: {sorted({span.name for span in self.spans})}")


@contextmanager
def collecting() -> Iterator[Traces]:
    """Collect on a free port for the block."""
    traces = Traces()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            request = ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["content-length"])))
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    traces.spans.extend(scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    traces.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield traces
    finally:
        server.shutdown()
