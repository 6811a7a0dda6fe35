"""OpenTelemetry traces of a worker's requests, for shops that collect them; off, its library is not even imported.

Promises: a request that arrives with a `traceparent` goes on in its caller's trace; the wait for a connection, each
named query and each call of a downstream are spans of it; a collector that is away costs spans, never answers.
Never: puts a parameter, an address or a cookie into a span.

A batch of claims that came together is in the trace of the one who began it. Sampling and the exporter's limits are the
library's own: OTEL_TRACES_SAMPLER, OTEL_BSP_*.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorbuster import tracing
from doorbuster.clock import SystemClock
from doorbuster.errors import Misconfigured
from doorbuster.settings import Settings
from doorbuster.tracing import Kind
from doorbuster.watch.process import release
from doorbuster.web.measured import ANSWERED_AS

SHUTDOWN_MS = 2_000

Wrap = Callable[[ASGIApp], ASGIApp]


@contextmanager
def traces_of(settings: Settings, process_name: str) -> Iterator[Wrap]:
    """Give what wraps an application so that its requests are traced; without a collector it wraps nothing."""
    if not settings.traces_url:
        yield lambda app: app
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as fault:
        raise Misconfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: "
            "run `pip install 'doorbuster[otel]'`, or unset it"
        ) from fault
    resource = Resource.create({"service.instance.id": process_name, "service.version": release()})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{settings.traces_url.rstrip('/')}/v1/traces")))
    tracer = provider.get_tracer("doorbuster")
    try:
        yield lambda app: Traced(app, tracer)
    finally:
        provider.force_flush(SHUTDOWN_MS)
        provider.shutdown()


class Traced:
    """Wraps the application of a plane, outside of everything: one span for each request."""

    def __init__(self, app: ASGIApp, tracer: Any) -> None:
        """Take OpenTelemetry's tracer."""
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._app, self._tracer, self._propagator = app, tracer, TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and tell what became of it."""
        from opentelemetry.trace import SpanKind, StatusCode

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        span = self._tracer.start_span(
            method, self._propagator.extract(headers), SpanKind.SERVER, {"http.request.method": method}
        )
        status = 500

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = tracing.CURRENT.set(_Request(self._tracer, span))
        try:
            await self._app(scope, receive, watched_send)
        finally:
            tracing.CURRENT.reset(token)
            route = scope.get(ANSWERED_AS, "unmatched")
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.route": route, "http.response.status_code": status})
            if status >= 500:
                span.set_status(StatusCode.ERROR)
            span.end()


class _Request:
    """The trace of one request, as those who work for it see it."""

    def __init__(self, tracer: Any, span: Any) -> None:
        from opentelemetry.trace import set_span_in_context

        self._tracer, self._span, self._context = tracer, span, set_span_in_context(span)

    @property
    def parent(self) -> str:
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def add(self, kind: Kind, name: str, seconds: float) -> None:
        from opentelemetry.trace import SpanKind

        ended = int(SystemClock().now().timestamp() * 1e9)
        what = SpanKind.INTERNAL if kind == "pool" else SpanKind.CLIENT
        span = self._tracer.start_span(
            name, self._context, what, ATTRIBUTES[kind](name), start_time=ended - int(seconds * 1e9)
        )
        span.end(ended)


ATTRIBUTES: dict[Kind, Callable[[str], dict[str, str]]] = {
    "pool": lambda name: {"db.system.name": "postgresql"},
    "query": lambda name: {"db.system.name": "postgresql", "db.query.summary": name},
    "downstream": lambda name: {"server.address": name},
}
"""What a piece of work says of itself, in the words of OpenTelemetry's semantic conventions."""
